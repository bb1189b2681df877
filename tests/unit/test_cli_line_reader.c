// SPDX-License-Identifier: BSD-2-Clause
/* Lines of files, plain and packed: which there are, and when. */
#include "cli/line_reader.h"

#include <sys/mman.h>

#include <zlib.h>

#include "agent/base/buf.h"
#include "agent/base/cleanup.h"
#include "tests/harness.h"

/* Reads the file of that descriptor. */
static struct line_reader *open_fd(int fd)
{
	struct line_reader *reader = NULL;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(line_reader_open(&reader, path), 0);
	return reader;
}

static struct line_reader *open_bytes(const void *bytes, size_t len)
{
	auto_close int fd = memfd_create("in", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	return open_fd(fd);
}

static void assert_line(struct line_reader *reader, const char *text, uint64_t number)
{
	struct input_line line = {};

	assert_row_int(text, line_reader_next(reader, &line), 1);
	assert_row(text, text_is(line.text, text));
	assert_row_int(text, line.number, number);
	assert_row(text, !line.is_too_long);
}

static void assert_end(struct line_reader *reader)
{
	struct input_line line = {};

	assert_int_equal(line_reader_next(reader, &line), 0);
	assert_false(line_reader_has_line(reader));
}

static void lines_are_numbered_and_the_last_needs_no_newline(void **state)
{
	auto_line_reader struct line_reader *reader = open_bytes("a\n\nbc\nd", 7);

	(void)state;
	assert_false(line_reader_has_line(reader));
	assert_line(reader, "a", 1);
	assert_true(line_reader_has_line(reader));
	assert_line(reader, "", 2);
	assert_line(reader, "bc", 3);
	assert_false(line_reader_has_line(reader));
	assert_line(reader, "d", 4);
	assert_end(reader);
}

static void a_file_may_have_next_to_nothing(void **state)
{
	static const char *const texts[] = { "x", "\n", "\x1f" };
	auto_line_reader struct line_reader *empty = open_bytes("", 0);

	(void)state;
	assert_end(empty);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_line_reader struct line_reader *reader = open_bytes(texts[i], 1);

		assert_line(reader, *texts[i] == '\n' ? "" : texts[i], 1);
		assert_end(reader);
	}
}

/* Longer than a block, as long as may be, and longer. */
static void lines_may_be_long_and_too_long_ones_are_cut(void **state)
{
	static const size_t lens[] = { 300000, LINE_READER_MAX - 1, LINE_READER_MAX,
				       LINE_READER_MAX + 1, 3 * LINE_READER_MAX };
	auto_line_reader struct line_reader *reader = NULL;
	auto_buf struct buf text = {};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		assert_true(buf_reserve(&text, lens[i]));
		memset(text.data + text.end, 'a' + (int)i, lens[i]);
		text.end += lens[i];
		buf_append_char(&text, '\n');
	}
	buf_append_str(&text, "behind\n");
	reader = open_bytes(buf_bytes(&text), buf_len(&text));
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		struct input_line line = {};

		assert_int_equal(line_reader_next(reader, &line), 1);
		assert_int_equal(line.number, i + 1);
		assert_int_equal(line.is_too_long, lens[i] > LINE_READER_MAX);
		assert_true(line.is_too_long || line.text.len == lens[i]);
		assert_true(line.text.bytes[0] == 'a' + (char)i);
		assert_true(line.text.bytes[line.text.len - 1] == 'a' + (char)i);
	}
	assert_line(reader, "behind", ARRAY_SIZE(lens) + 1);
	assert_end(reader);
}

/* What gzip makes of text. */
static void pack(struct buf *to, const char *text)
{
	z_stream stream = {};

	assert_int_equal(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	assert_true(buf_reserve(to, deflateBound(&stream, strlen(text))));
	stream.next_in = (Bytef *)text;
	stream.avail_in = (uInt)strlen(text);
	stream.next_out = (Bytef *)(to->data + to->end);
	stream.avail_out = (uInt)(to->size - to->end);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	to->end += stream.total_out;
	deflateEnd(&stream);
}

static void packed_files_are_read_also_several_in_one(void **state)
{
	auto_line_reader struct line_reader *reader = NULL;
	auto_buf struct buf packed = {};

	(void)state;
	pack(&packed, "a\nb");
	pack(&packed, "");
	pack(&packed, "c\nd");
	reader = open_bytes(buf_bytes(&packed), buf_len(&packed));
	assert_line(reader, "a", 1);
	assert_line(reader, "bc", 2);
	assert_line(reader, "d", 3);
	assert_end(reader);
}

static void what_unpacks_to_much_does_not_take_much(void **state)
{
	auto_line_reader struct line_reader *reader = NULL;
	auto_buf struct buf packed = {};
	auto_free char *text = malloc((64 << 20) + 1);
	struct input_line line = {};

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 64 << 20);
	text[64 << 20] = '\0';
	pack(&packed, text);
	reader = open_bytes(buf_bytes(&packed), buf_len(&packed));
	assert_int_equal(line_reader_next(reader, &line), 1);
	assert_true(line.is_too_long);
	assert_true(line.text.len < 2 * LINE_READER_MAX);
	assert_end(reader);
}

/* How the reading of bytes ends, after that many lines: what it says. */
static void assert_damaged(const struct buf *packed, size_t len, unsigned int lines,
			   const char *message)
{
	auto_line_reader struct line_reader *reader = open_bytes(buf_bytes(packed), len);
	struct captured captured;
	struct input_line line;
	unsigned int found = 0;
	int r;

	capture_begin(&captured);
	while ((r = line_reader_next(reader, &line)) > 0)
		found++;
	assert_row(message, strstr(capture_end(&captured), message));
	assert_row_int(message, r, -EIO);
	assert_row_int(message, found, lines);
}

static void damaged_ones_are_told_after_what_could_be_read(void **state)
{
	auto_buf struct buf packed = {};
	size_t first;

	(void)state;
	pack(&packed, "a\nb\n");
	first = buf_len(&packed);
	pack(&packed, "c\n");
	assert_damaged(&packed, buf_len(&packed) - 1, 3, ": its end is missing\n");
	assert_damaged(&packed, first + 3, 2, ": its end is missing\n");
	packed.data[first] ^= 1;
	assert_damaged(&packed, buf_len(&packed), 2, ": it is damaged\n");
	packed.data[first - 1] ^= 1;
	assert_damaged(&packed, first, 2, ": it is damaged\n");
}

static void what_cannot_be_read_is_told(void **state)
{
	struct line_reader *reader = NULL;
	struct captured captured;
	struct input_line line;

	(void)state;
	capture_begin(&captured);
	assert_int_equal(line_reader_open(&reader, "tests/golden/no-such-file"), -ENOENT);
	assert_non_null(
		strstr(capture_end(&captured),
		       "cannot open tests/golden/no-such-file: No such file or directory\n"));
	assert_null(reader);
	assert_int_equal(line_reader_open(&reader, "/"), 0);
	capture_begin(&captured);
	assert_int_equal(line_reader_next(reader, &line), -EISDIR);
	assert_non_null(strstr(capture_end(&captured), "cannot read /: Is a directory\n"));
	line_reader_free(&reader);
}

static void a_line_of_a_pipe_is_there_before_the_next_is_written(void **state)
{
	auto_buf struct buf packed = {};
	struct text texts[] = { { "now\n", 4 }, {} };

	(void)state;
	pack(&packed, "now\n");
	texts[1] = (struct text){ buf_bytes(&packed), buf_len(&packed) };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_line_reader struct line_reader *reader = NULL;
		int ends[2] = { -1, -1 };

		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		reader = open_fd(ends[0]);
		close(ends[0]);
		for (uint64_t round = 1; round <= 3; round++) {
			assert_int_equal(write(ends[1], texts[i].bytes, texts[i].len),
					 texts[i].len);
			assert_line(reader, "now", round);
		}
		close(ends[1]);
		assert_end(reader);
	}
}

int main(void)
{
	return RUN_TESTS(TEST(lines_are_numbered_and_the_last_needs_no_newline),
			 TEST(a_file_may_have_next_to_nothing),
			 TEST(lines_may_be_long_and_too_long_ones_are_cut),
			 TEST(packed_files_are_read_also_several_in_one),
			 TEST(what_unpacks_to_much_does_not_take_much),
			 TEST(damaged_ones_are_told_after_what_could_be_read),
			 TEST(what_cannot_be_read_is_told),
			 TEST(a_line_of_a_pipe_is_there_before_the_next_is_written));
}
