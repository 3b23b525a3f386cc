/* SPDX-License-Identifier: GPL-2.0-only */
#include "commands/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "base/deadline.h"
#include "base/log.h"
#include "base/path.h"
#include "base/string-util.h"

enum outcome command_usage(const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = text_format_va(fmt, ap);
	va_end(ap);
	log_msg(LOG_ERR, 0, "%s; try --help", text ? text : "wrong usage");

	return OUTCOME_USAGE;
}

/* Reading standard input, or writing the others, still fails as it does where they are closed. */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return; /* without a /dev there is nothing that could be opened by mistake */
}

static bool names_descriptor(char *const argv[])
{
	for (; *argv; argv++)
		if (strncmp(*argv, "/dev/fd/", 8) == 0 || strncmp(*argv, "/proc/self/fd/", 14) == 0)
			return true;
	return false;
}

enum outcome command_begin(char *const argv[])
{
	fill_standard_descriptors();
	close_range(STDERR_FILENO + 1, ~0u, names_descriptor(argv) ? CLOSE_RANGE_CLOEXEC : 0);
	umask(0022);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (!getauxval(AT_SECURE))
		return OUTCOME_DONE;
	log_msg(LOG_ERR, 0, "refused: this program must not have more rights than who starts it");
	return OUTCOME_FAILED;
}

enum outcome command_bound(void)
{
	int r = deadline_start(COMMAND_SECONDS, "");

	if (r == 0)
		return OUTCOME_DONE;
	log_msg(LOG_ERR, r, "cannot bound the time");
	return OUTCOME_FAILED;
}

enum outcome command_finish(enum outcome outcome)
{
	if (text_is_lost() && outcome == OUTCOME_DONE) {
		log_msg(LOG_ERR, -ENOMEM, "not all of it was said");
		outcome = OUTCOME_FAILED;
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return outcome;
	log_msg(LOG_ERR, 0, "cannot write all of the output");
	return outcome_first(outcome, OUTCOME_FAILED);
}

enum outcome command_become(const char *program, const struct arguments *arguments)
{
	static char root_option[] = "--root";
	_cleanup_(freep) char *path = own_path(PKGLIBEXECDIR, program), *root = root_path(""), *name = strdup(program);
	_cleanup_(freep) char **argv = calloc(arguments->n_names + 4, sizeof(*argv));
	size_t n = 0;

	errno = ENOMEM;
	if (path && root && name && argv) {
		argv[n++] = name;
		if (*root) {
			argv[n++] = root_option;
			argv[n++] = root;
		}
		for (size_t i = 0; i < arguments->n_names; i++)
			argv[n++] = arguments->names[i];
		execv(path, argv);
	}
	log_msg(LOG_ERR, -errno, "cannot start %s", program);
	return OUTCOME_FAILED;
}

enum outcome command_no_device(const char *name)
{
	return command_usage("'%s' is neither a PCI address (0000:65:00.0) nor a path below /sys", name);
}

enum outcome command_require_root(void)
{
	if (geteuid() == 0)
		return OUTCOME_DONE;
	log_msg(LOG_ERR, -EPERM, "only root can talk to a GPU's driver");
	return OUTCOME_FAILED;
}

enum outcome command_device(const char *name, struct device **ret)
{
	int r = device_find(name, ret);

	if (r == -EINVAL)
		return command_no_device(name);
	if (r < 0) {
		log_subject(name, LOG_ERR, r, "cannot find the device");
		return OUTCOME_FAILED;
	}
	return OUTCOME_DONE;
}

enum outcome command_form(const struct arguments *arguments, const char *const *names, size_t n, unsigned *ret)
{
	_cleanup_(freep) char *all = NULL;

	if (!arguments->format) {
		*ret = arguments->given & OPTION_JSON ? 1 : *ret;
		return OUTCOME_DONE;
	}
	if (arguments->given & OPTION_JSON)
		return command_usage("--json is a format, and --format names another one");
	for (size_t i = 0; i < n; i++) {
		if (strcmp(arguments->format, names[i]) == 0) {
			*ret = (unsigned)i;
			return OUTCOME_DONE;
		}
		text_append_item(&all, "%s", names[i]);
	}
	return command_usage("'%s' is no format (%s)", arguments->format, all ? all : "");
}

enum outcome command_all_gpus(struct device_list *ret)
{
	int r = device_list_gpus(ret);

	if (r == 0)
		return OUTCOME_DONE;
	log_msg(LOG_ERR, r, "cannot list the GPUs of /sys");
	return OUTCOME_FAILED;
}

enum outcome command_devices(const struct arguments *arguments, struct device_list *ret)
{
	struct device_list list = { 0 };
	enum outcome outcome = OUTCOME_DONE;

	if (!(arguments->given & OPTION_ALL) == !arguments->n_names)
		return command_usage(arguments->n_names ? "--all or devices, not both" : "a device is missing, or --all");
	if (arguments->given & OPTION_ALL)
		return command_all_gpus(ret);

	list.items = calloc(arguments->n_names, sizeof(*list.items));
	if (!list.items) {
		log_subject(arguments->names[0], LOG_ERR, -ENOMEM, "cannot find the device");
		return OUTCOME_FAILED;
	}
	for (; outcome == OUTCOME_DONE && list.n < arguments->n_names; list.n++)
		outcome = command_device(arguments->names[list.n], &list.items[list.n]);
	if (outcome != OUTCOME_DONE)
		device_list_done(&list);
	else
		*ret = list;
	return outcome;
}
