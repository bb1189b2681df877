// SPDX-License-Identifier: BSD-2-Clause
/* The file of an export, on a disk: how it is put aside, mended, compressed, and what is kept. */
#include "export/export_file.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "export/export_backups.h"
#include "tests/harness.h"

#define LINE "0123456789abcdef0123456789abcde\n" /* 32 bytes */

static char directory[] = "/tmp/weir-export-XXXXXX";
static char path[sizeof(directory) + sizeof("/flows.log")];

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(name);
}

static int setup(void **state)
{
	(void)state;
	memcpy(strrchr(directory, '-') + 1, "XXXXXX", 6);
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/flows.log", directory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_backup(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "flows-", 6);
}

/* The names of the backups, a blank between them. */
static const char *backups(void)
{
	static char text[4096];
	struct dirent **entries;
	int count = scandir(directory, &entries, is_backup, by_name);
	size_t len = 0;

	assert_true(count >= 0);
	text[0] = '\0';
	for (int i = 0; i < count; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
					entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return text;
}

static unsigned int count_backups(void)
{
	const char *text = backups();
	unsigned int count = *text != '\0';

	for (; *text; text++)
		count += *text == ' ';
	return count;
}

static void make_file(const char *name, const char *text)
{
	char at[sizeof(directory) + 64];
	auto_file FILE *file = NULL;

	snprintf(at, sizeof(at), "%s/%s", directory, name);
	file = fopen(at, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static const char *content(const char *at)
{
	static char text[65536];
	gzFile file = gzopen(at, "rb"); /* reads what is not compressed as it is */
	int len;

	assert_non_null(file);
	len = gzread(file, text, sizeof(text) - 1);
	assert_true(len >= 0);
	text[len] = '\0';
	gzclose(file);
	return text;
}

static void write_lines(struct export_file *file, const char *lines)
{
	auto_buf struct buf buf = {};

	buf_append_str(&buf, lines);
	assert_int_equal(export_file_write(file, &buf), 0);
	assert_int_equal(buf_len(&buf), 0);
}

static void tidy(struct export_file *file)
{
	int r;

	do {
		r = export_file_tidy(file);
	} while (r > 0);
	assert_int_equal(r, 0);
}

static struct export_file *new_file(uint64_t max_bytes, uint64_t max_backups, bool compress)
{
	const struct export_file_options options = { path, max_bytes, max_backups, compress };
	struct export_file *file;

	assert_int_equal(export_file_new(&file, &options), 0);
	return file;
}

static void lines_are_appended_and_the_file_is_made(void **state)
{
	struct export_file *file = new_file(0, 0, false);
	struct stat st;

	(void)state;
	assert_int_equal(access(path, F_OK), -1);
	write_lines(file, "");
	assert_string_equal(content(path), "");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	write_lines(file, "a\n");
	write_lines(file, "b\nc\n");
	assert_string_equal(content(path), "a\nb\nc\n");
	export_file_free(&file);
	file = new_file(0, 0, false);
	write_lines(file, "d\n");
	assert_string_equal(content(path), "a\nb\nc\nd\n");
	assert_int_equal(export_file_rotations(file), 0);
	export_file_free(&file);
}

static void a_file_is_put_aside_before_it_is_larger_than_it_may_be(void **state)
{
	struct export_file *file = new_file(64, 0, false);

	(void)state;
	write_lines(file, LINE LINE);
	assert_int_equal(export_file_rotations(file), 0);
	write_lines(file, LINE);
	assert_int_equal(export_file_rotations(file), 1);
	assert_string_equal(content(path), LINE);
	write_lines(file, LINE LINE LINE LINE LINE LINE LINE LINE LINE);
	assert_int_equal(export_file_rotations(file), 5);
	assert_string_equal(content(path), LINE LINE);
	assert_int_equal(count_backups(), 5); /* also those of one millisecond */
	export_file_free(&file);
}

static void a_line_larger_than_a_file_has_one_of_its_own(void **state)
{
	struct export_file *file = new_file(16, 0, false);

	(void)state;
	write_lines(file, "a\n" LINE "b\n");
	assert_int_equal(export_file_rotations(file), 2);
	assert_string_equal(content(path), "b\n");
	export_file_free(&file);
}

static void half_a_line_of_ours_is_taken_away_and_of_others_ended(void **state)
{
	static const struct {
		const char *name, *before, *after;
	} cases[] = {
		{ "whole", "{\"flow\":{}}\n", "{\"flow\":{}}\n" },
		{ "half a flow", "{\"flow\":{}}\n{\"flow\":{\"time\":\"20", "{\"flow\":{}}\n" },
		{ "a byte", "x\n{", "x\n" },
		{ "nothing else", "{\"flow\":{\"time", "" },
		{ "half a loss", "x\n{\"lost_events\":{\"sou", "x\n" },
		{ "half an event", "x\n{\"agent_event\":{\"type\":\"AG", "x\n" },
		{ "another's", "x\n{\"log\":1}", "x\n{\"log\":1}\n" },
		{ "another's alone", "hello", "hello\n" },
		{ "empty lines", "\n\n", "\n\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct export_file *file = new_file(0, 0, false);

		make_file("flows.log", cases[i].before);
		write_lines(file, "");
		assert_row_str(cases[i].name, content(path), cases[i].after);
		export_file_free(&file);
	}
}

static void backups_are_compressed_and_the_oldest_removed(void **state)
{
	struct export_file *file;
	char at[sizeof(directory) + 64];

	(void)state;
	make_file("flows-2001-01-01T00-00-00.000.log", "1");
	make_file("flows-2002-01-01T00-00-00.000.log", "2");
	make_file("flows-2002-01-01T00-00-00.000.log.gz.part", "half");
	make_file("flows-2003-01-01T00-00-00.000.log", "3");
	make_file("flows-2003-01-01T00-00-00.000.log.gz", "3, whole");
	file = new_file(32, 2, true);
	write_lines(file, "");
	tidy(file);
	assert_string_equal(
		backups(),
		"flows-2002-01-01T00-00-00.000.log.gz flows-2003-01-01T00-00-00.000.log.gz");
	snprintf(at, sizeof(at), "%s/flows-2002-01-01T00-00-00.000.log.gz", directory);
	assert_string_equal(content(at), "2");
	write_lines(file, LINE LINE LINE LINE);
	tidy(file);
	assert_int_equal(count_backups(), 2);
	assert_null(strstr(backups(), "flows-2003"));
	snprintf(at, sizeof(at), "%s/%.*s", directory, (int)strcspn(backups(), " "), backups());
	assert_string_equal(strrchr(at, '.'), ".gz");
	assert_string_equal(content(at), LINE);
	export_file_free(&file);
}

static void what_is_called_otherwise_is_left_alone(void **state)
{
	static const char names[] =
		"flows-.log flows-2001-01-01T00-00-00.000 flows-2001-01-01T00-00-00.000.log.bz2 "
		"flows-2001-01-01T00-00-00.log flows-2001-01-01T00:00:00.000.log "
		"flows-2001-13-01T00-00-00.000.log flows-x.log";
	char copy[sizeof(names)], *save;
	struct export_file *file;

	(void)state;
	memcpy(copy, names, sizeof(names));
	for (char *name = strtok_r(copy, " ", &save); name; name = strtok_r(NULL, " ", &save))
		make_file(name, "");
	file = new_file(32, 1, false);
	write_lines(file, LINE LINE LINE);
	tidy(file);
	assert_int_equal(count_backups(), 8);
	export_file_free(&file);
}

static void a_clock_that_was_set_back_does_not_mix_them_up(void **state)
{
	struct export_file *file = new_file(32, 0, false);

	(void)state;
	make_file("flows-2099-12-31T23-59-59.999.log", "");
	write_lines(file, LINE LINE);
	assert_string_equal(backups(),
			    "flows-2099-12-31T23-59-59.999.log flows-2100-01-01T00-00-00.000.log");
	export_file_free(&file);
}

static void a_name_may_have_no_extension(void **state)
{
	struct backups *backups;
	auto_free char *next = NULL;

	(void)state;
	assert_int_equal(backups_new(&backups, "/tmp/.flows"), 0);
	assert_int_equal(backups_next(backups, &next), 0);
	assert_int_equal(strncmp(next, "/tmp/.flows-20", 14), 0);
	assert_int_equal(strlen(next), strlen("/tmp/.flows-2026-11-22T07-30-02.123"));
	backups_free(&backups);
}

static void what_cannot_be_a_log_is_refused(void **state)
{
	struct export_file *file = new_file(0, 0, false), *other;
	auto_buf struct buf lines = {};

	(void)state;
	buf_append_str(&lines, LINE);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(export_file_write(file, &lines), -EINVAL);
	assert_int_equal(remove(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(export_file_write(file, &lines), -EISDIR);
	assert_int_equal(remove(path), 0);
	other = new_file(0, 0, false);
	write_lines(other, "a\n");
	assert_int_equal(export_file_write(file, &lines), -EBUSY);
	export_file_free(&other);
	assert_int_equal(export_file_write(file, &lines), 0);
	assert_string_equal(content(path), "a\n" LINE);
	export_file_free(&file);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	return RUN_TESTS(FILE_TEST(lines_are_appended_and_the_file_is_made),
			 FILE_TEST(a_file_is_put_aside_before_it_is_larger_than_it_may_be),
			 FILE_TEST(a_line_larger_than_a_file_has_one_of_its_own),
			 FILE_TEST(half_a_line_of_ours_is_taken_away_and_of_others_ended),
			 FILE_TEST(backups_are_compressed_and_the_oldest_removed),
			 FILE_TEST(what_is_called_otherwise_is_left_alone),
			 FILE_TEST(a_clock_that_was_set_back_does_not_mix_them_up),
			 FILE_TEST(a_name_may_have_no_extension),
			 FILE_TEST(what_cannot_be_a_log_is_refused));
}
