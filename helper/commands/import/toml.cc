/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The library parses the whole file into tables and arrays of its own, which a reader copies into the tree, value by value.
 * Its exceptions end here: no other file knows any.
 */

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

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

extern "C" {
#include "commands/import/toml.h"
#include "base/file.h"
}

namespace {

/* The library bounds brackets, but not the dots of a key. */
constexpr unsigned depth_max = 512;

struct Reader {
	const char *file;
	struct tree *tree;
	struct diagnostics *diag;
	bool failed;

	struct location location_of(const toml::source_position &at) const
	{
		return { file, at.line, at.column, 0, 0 };
	}

	void mistake(std::string_view what, const toml::source_position &at)
	{
		const struct location location = location_of(at);

		diag_error(diag, &location, nullptr, "broken TOML: %.*s", static_cast<int>(what.size()), what.data());
		failed = true;
	}

	static struct node *allocated(struct node *node)
	{
		if (!node)
			throw std::bad_alloc();
		return node;
	}

	struct node *empty(enum node_kind kind, const toml::source_position &at)
	{
		const struct location location = location_of(at);

		return allocated(tree_node(tree, kind, &location));
	}

	struct node *scalar(const char *text, bool plain, const toml::source_position &at)
	{
		const struct location location = location_of(at);

		return allocated(tree_scalar(tree, text, plain, &location));
	}

	void add(struct node *to, struct node *item)
	{
		if (tree_add(tree, to, item) < 0)
			throw std::bad_alloc();
	}

	struct node *refused(std::string_view what, const toml::source_position &at)
	{
		mistake(what, at);
		return empty(NODE_BROKEN, at);
	}

	struct node *text(std::string_view from, const toml::source_position &at)
	{
		if (from.find('\0') != from.npos)
			return refused("holds a character of value 0", at);
		return scalar(std::string(from).c_str(), false, at);
	}

	/* IDs are hexadecimal to people. */
	struct node *number(const toml::value<int64_t> &from, const toml::source_position &at)
	{
		const bool hexadecimal = from.flags() == toml::value_flags::format_as_hexadecimal;
		char digits[32];

		std::snprintf(digits, sizeof(digits), hexadecimal ? "0x%" PRIx64 : "%" PRId64, from.get());
		return scalar(digits, true, at);
	}

	struct node *mapping(const toml::table &from, const toml::source_position &at, unsigned depth)
	{
		struct node *to = empty(NODE_MAPPING, at);

		for (const auto &[key, item] : from) {
			add(to, text(key.str(), key.source().begin));
			add(to, value(item, depth + 1));
		}
		return to;
	}

	struct node *sequence(const toml::array &from, const toml::source_position &at, unsigned depth)
	{
		struct node *to = empty(NODE_SEQUENCE, at);

		for (const auto &item : from)
			add(to, value(item, depth + 1));
		return to;
	}

	/* Copies a value; one that is refused has a node as well, a broken one. */
	struct node *value(const toml::node &from, unsigned depth)
	{
		const auto at = from.source().begin;

		if (depth > depth_max)
			return refused("is nested too deep", at);
		if (const auto *table = from.as_table())
			return mapping(*table, at, depth);
		if (const auto *array = from.as_array())
			return sequence(*array, at, depth);
		if (const auto *string = from.as_string())
			return text(string->get(), at);
		if (const auto *integer = from.as_integer())
			return number(*integer, at);
		if (const auto *boolean = from.as_boolean())
			return scalar(boolean->get() ? "true" : "false", true, at);
		return refused("neither a whole number, a text nor a truth", at);
	}
};

int read_file(const char *path, struct diagnostics *diag, char **ret, size_t *ret_size)
{
	const struct location whole = { path, 0, 0, 0, 0 };
	struct file_error error = {};

	if (file_read(path, false, ret, ret_size, &error) == 0)
		return 0;
	diag_error(diag, &whole, nullptr, "%s", file_error_text(&error));
	file_error_done(&error);
	return -EINVAL;
}

}

int toml_load(const char *path, struct tree *tree, struct diagnostics *diag, struct node **ret)
{
	Reader reader = { path, tree, diag, false };
	_cleanup_(freep) char *text = nullptr;
	size_t size = 0;

	if (read_file(path, diag, &text, &size) < 0)
		return -EINVAL;
	try {
		struct node *top = reader.value(toml::parse(std::string_view(text, size)), 0);

		if (!reader.failed)
			*ret = top;
	} catch (const toml::parse_error &error) {
		reader.mistake(error.description(), error.source().begin);
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	} catch (const std::exception &error) {
		reader.mistake(error.what(), {});
	}
	return reader.failed ? -EINVAL : 0;
}
