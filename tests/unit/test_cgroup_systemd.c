// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where a systemd runs: each of its services, scopes, sockets and slices has a cgroup, and its path
 * must give the name that systemd itself has for it. It is skipped elsewhere, also in containers.
 *
 * To see more of it, a guest's first boot should have logged somebody in (session-*.scope,
 * user@*.service with units in app.slice) and have a unit with a dash in its prefix and an instance
 * (my\x2dapp@1.service).
 */
#include "who/cgroup_name.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define LIST "systemctl show --property=Id,ControlGroup '*.service' '*.scope' '*.socket' '*.slice'"

/* Unescaped, as our names are. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && text[1] == 'x' && strlen(text) >= 4) {
			const char digits[] = { text[2], text[3], '\0' };

			*to++ = (char)strtoul(digits, NULL, 16);
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t len = strlen(text);

	return len > strlen(suffix) && !strcmp(text + len - strlen(suffix), suffix);
}

static void check_unit(char *id, const char *path)
{
	char text[CGROUP_NAME_TEXT];
	struct cgroup_name name;
	const char *is;

	(void)cgroup_name_parse(path, text, sizeof(text), &name);
	if (name.container || name.pod || !strcmp(id, "-.slice"))
		return;
	unescape(id);
	is = has_suffix(id, ".slice") ? name.slice : name.unit;
	assert_row_str(path, is ? is : "(none)", id);
}

static void units_have_the_names_that_systemd_gives_them(void **state)
{
	char line[4096], id[sizeof(line)] = "";
	FILE *list = popen(LIST, "re");
	int count = 0;

	(void)state;
	assert_non_null(list);
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "Id=", 3))
			(void)snprintf(id, sizeof(id), "%s", line + 3);
		if (strncmp(line, "ControlGroup=/", 14) != 0 || !*id)
			continue;
		check_unit(id, line + strlen("ControlGroup="));
		count++;
	}
	(void)pclose(list);
	print_message("%d units\n", count);
	assert_true(count > 0);
}

int main(void)
{
	if (access("/run/systemd/system", F_OK))
		return skip_all("no systemd runs here");
	return RUN_TESTS(TEST(units_have_the_names_that_systemd_gives_them));
}
