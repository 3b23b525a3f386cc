/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TOML library behind a C interface. The program opens this module when it imports a file and never links it:
 * a start of the program on a driver's event must not pay for the C++ library.
 */

#include <cinttypes>
#include <cstdio>
#include <exception>
#include <stdexcept>

/*
 * All of the library comes from its headers, whatever part of it a distribution compiled. Some mistakes ("[[" at the end of a
 * line) it does not look for, but takes for granted that they are not there: what it asserts becomes an exception, too.
 */
#undef NDEBUG
[[noreturn]] static void refuse()
{
	throw std::logic_error("a key or a header in brackets is not written in full, and the library does not say where");
}
#define TOML_ASSERT(holds) ((holds) ? static_cast<void>(0) : refuse())
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "commands/import/toml-module.h"

namespace {

class Walk {
public:
	explicit Walk(const toml_sink &to) : sink(to) {}

	void value(const toml::node &node)
	{
		const auto begin = node.source().begin;

		if (const auto *table = node.as_table())
			entries(*table, begin);
		else if (const auto *array = node.as_array())
			items(*array, begin);
		else if (const auto *string = node.as_string())
			text(string->get(), begin);
		else if (const auto *integer = node.as_integer())
			number(*integer, begin);
		else if (const auto *boolean = node.as_boolean())
			sink.scalar(sink.context, boolean->get() ? "true" : "false", false, begin.line, begin.column);
		else
			sink.diagnostic(sink.context, "neither a whole number, a text nor a truth", begin.line, begin.column);
	}

	void diagnostic(std::string_view what, const toml::source_position &at)
	{
		sink.diagnostic(sink.context, std::string(what).c_str(), at.line, at.column);
	}

private:
	const toml_sink &sink;

	void entries(const toml::table &table, const toml::source_position &at)
	{
		sink.begin(sink.context, true, at.line, at.column);
		for (const auto &[key, node] : table) {
			text(key.str(), key.source().begin);
			value(node);
		}
		sink.end(sink.context);
	}

	void items(const toml::array &array, const toml::source_position &at)
	{
		sink.begin(sink.context, false, at.line, at.column);
		for (const auto &node : array)
			value(node);
		sink.end(sink.context);
	}

	void text(std::string_view text, const toml::source_position &at)
	{
		if (text.find('\0') != text.npos)
			sink.diagnostic(sink.context, "holds a character of value 0", at.line, at.column);
		else
			sink.scalar(sink.context, std::string(text).c_str(), true, at.line, at.column);
	}

	/* IDs are hexadecimal to people. */
	void number(const toml::value<int64_t> &number, const toml::source_position &at)
	{
		const bool hexadecimal = number.flags() == toml::value_flags::format_as_hexadecimal;
		char digits[32];

		std::snprintf(digits, sizeof(digits), hexadecimal ? "0x%" PRIx64 : "%" PRId64, number.get());
		sink.scalar(sink.context, digits, false, at.line, at.column);
	}
};

}

extern "C" __attribute__((visibility("default"))) void
mdev_gpu_toml_parse(const char *text, size_t size, const toml_sink *sink)
{
	Walk walk(*sink);

	/* No exception may cross into C. */
	try {
		walk.value(toml::parse(std::string_view(text, size)));
	} catch (const toml::parse_error &error) {
		walk.diagnostic(error.description(), error.source().begin);
	} catch (const std::exception &error) {
		walk.diagnostic(error.what(), {});
	}
}
