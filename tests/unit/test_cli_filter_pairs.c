// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which filter flags can be combined: all pairs of them, both ways round, against the rules as
 * Hubble's users know them. They are said here once more, by what flags mean; the command has a
 * table of names.
 */
#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "tests/harness.h"
#include "tests/unit/filter_words.h"

#define FLAGS_MAX 128

enum side {
	SIDE_EITHER,
	SIDE_FROM,
	SIDE_TO
};

struct flag {
	const struct option_row *row;
	const char *subject; /* the name without from- and to- */
	enum side side;
	const char *value; /* NULL: takes none */
};

/* Values that no flag of the same subject refuses; all others take "x". */
static const struct {
	const char *subject, *value;
} values[] = {
	{ "ip-version", "v4" },
	{ "port", "1" },
	{ "tcp-flags", "SYN" },
	{ "type", "trace" },
	{ "verdict", "DROPPED" },
	{ "identity", "world" },
	{ "uid", "0" },
	{ "netns", "1" },
	{ "event", "open" },
	{ "min-bytes", "1" },
	{ "min-duration", "1s" },
	{ "min-rtt", "1s" },
	{ "http-header", "a:b" },
	{ "ip-trace-id", "1" },
	{ "traffic-direction", "egress" },
	{ "drop-reason-desc", "POLICY_DENIED" },
	{ "where", "tcp" },
};

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

static const char *value_of(const char *subject)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (strcmp(values[i].subject, subject) == 0)
			return values[i].value;
	}
	return "x";
}

static size_t collect_flags(struct flag flags[static FLAGS_MAX])
{
	/* Not filters of their own, or refused whatever they say. */
	static const char *const others[] = { "not",	  "cel-expression",    "allowlist",
					      "denylist", "print-raw-filters", NULL };
	struct option_walk walk = { .rows = filter_words_rows };
	const struct option_row *row;
	size_t count = 0, base;

	while ((row = option_next(&walk, &base))) {
		struct flag flag = { .row = row, .subject = row->long_name };

		if (is_one_of(row->long_name, others))
			continue;
		if (strncmp(row->long_name, "from-", 5) == 0)
			flag = (struct flag){ row, row->long_name + 5, SIDE_FROM, NULL };
		else if (strncmp(row->long_name, "to-", 3) == 0)
			flag = (struct flag){ row, row->long_name + 3, SIDE_TO, NULL };
		flag.value = row->metavar ? value_of(flag.subject) : NULL;
		assert_true(count < FLAGS_MAX);
		flags[count++] = flag;
	}
	return count;
}

static bool are(const struct flag *a, const struct flag *b, const char *const *of_a,
		const char *const *of_b)
{
	return is_one_of(a->subject, of_a) && is_one_of(b->subject, of_b);
}

static bool is_refused_so_round(const struct flag *a, const struct flag *b)
{
	static const char *const addresses[] = { "ip", "fqdn", NULL };
	static const char *const pods[] = { "pod", NULL };
	static const char *const names[] = { "pod", "service", NULL };
	static const char *const namespaces[] = { "namespace", "all-namespaces", NULL };
	bool is_same = strcmp(a->subject, b->subject) == 0;
	bool do_meet = a->side == SIDE_EITHER || b->side == SIDE_EITHER || a->side == b->side;

	if (is_same) /* --X and --from-X, but for clusters */
		return a->side == SIDE_EITHER && b->side != SIDE_EITHER &&
		       strcmp(a->subject, "cluster") != 0;
	if (strcmp(a->subject, "encrypted") == 0 && strcmp(b->subject, "unencrypted") == 0)
		return true;
	if (are(a, b, names, namespaces)) /* one side of a name, and a namespace of either */
		return a->side != SIDE_EITHER && b->side == SIDE_EITHER;
	/* What may be said of the address of one side: one thing of these. */
	return do_meet && (are(a, b, addresses, addresses) || are(a, b, addresses, pods) ||
			   are(a, b, addresses, namespaces) || are(a, b, namespaces, namespaces));
}

static bool is_refused(const struct flag *a, const struct flag *b)
{
	return is_refused_so_round(a, b) || is_refused_so_round(b, a);
}

static size_t append_words(char *words, size_t size, size_t len, const struct flag *flag)
{
	return len + (size_t)snprintf(words + len, size - len, "%s--%s%s%s", len ? "|" : "",
				      flag->row->long_name, flag->value ? "|" : "",
				      flag->value ? flag->value : "");
}

/* The complaint about b, if a is there: which of the two it names first is for others to say. */
static void assert_complaint(const char *words, const char *text, const struct flag *a,
			     const struct flag *b)
{
	const char *value = b->value ? b->value : "true";
	char named[2][256], short_name[] = "-?, ";

	short_name[b->row->short_name ? 1 : 0] = b->row->short_name;
	for (int i = 0; i < 2; i++) {
		snprintf(named[i], sizeof(named[i]),
			 "weir: invalid argument \"%s\" for \"%s--%s\" flag: "
			 "filters --%s and --%s cannot be combined\n",
			 value, short_name, b->row->long_name, (i ? b : a)->row->long_name,
			 (i ? a : b)->row->long_name);
	}
	if (strcmp(text, named[0]) != 0)
		assert_row_str(words, text, named[1]);
}

static void every_pair_is_taken_or_refused_by_the_rules(void **state)
{
	struct flag flags[FLAGS_MAX];
	size_t count = collect_flags(flags), refused = 0;

	(void)state;
	for (size_t i = 0; i < count * count; i++) {
		const struct flag *a = &flags[i / count], *b = &flags[i % count];
		char words[256], text[FILTER_TEXT_SIZE];
		size_t len = append_words(words, sizeof(words), 0, a);
		int r;

		append_words(words, sizeof(words), len, b);
		r = filter_words_run(words, text);
		assert_row_int(words, r, is_refused(a, b) ? -EINVAL : 0);
		if (r < 0)
			assert_complaint(words, text, a, b);
		refused += r < 0;
	}
	/*
	 * By hand: of two subjects 7 pairs of sides meet, and of ip, fqdn, pod, namespace and
	 * all-namespaces 8 pairs of subjects do. A side of a pod or service against a namespace of
	 * either: 8. --X against --from-X and --to-X: 20 of Hubble's, 10 of weir's. Encryption: 1.
	 */
	assert_int_equal(refused, 2 * (7 * 8 + 8 + 20 + 10 + 1));
}

/* What is allowed and what is denied are two filters: their flags never meet. */
static void a_pair_of_which_one_is_denied_is_always_taken(void **state)
{
	struct flag flags[FLAGS_MAX];
	size_t count = collect_flags(flags);

	(void)state;
	for (size_t i = 0; i < count * count; i++) {
		const struct flag *a = &flags[i / count], *b = &flags[i % count];
		char words[256], text[FILTER_TEXT_SIZE];
		size_t len = append_words(words, sizeof(words), 0, a);

		len += (size_t)snprintf(words + len, sizeof(words) - len, "|--not");
		append_words(words, sizeof(words), len, b);
		assert_row_int(words, filter_words_run(words, text), 0);
	}
}

static void the_same_pair_is_refused_where_both_are_denied(void **state)
{
	struct flag flags[FLAGS_MAX];
	size_t count = collect_flags(flags);

	(void)state;
	for (size_t i = 0; i < count * count; i++) {
		const struct flag *a = &flags[i / count], *b = &flags[i % count];
		char words[256] = "--not", text[FILTER_TEXT_SIZE];
		size_t len = append_words(words, sizeof(words), strlen(words), a);

		len += (size_t)snprintf(words + len, sizeof(words) - len, "|--not");
		append_words(words, sizeof(words), len, b);
		assert_row_int(words, filter_words_run(words, text),
			       is_refused(a, b) ? -EINVAL : 0);
	}
}

int main(void)
{
	log_init("weir", LOG_LEVEL_INFO);
	return RUN_TESTS(TEST(every_pair_is_taken_or_refused_by_the_rules),
			 TEST(a_pair_of_which_one_is_denied_is_always_taken),
			 TEST(the_same_pair_is_refused_where_both_are_denied));
}
