// SPDX-License-Identifier: BSD-2-Clause
/*
 * Label selectors: what each form holds for, as Cilium's labels and Kubernetes' grammar have it, and
 * the words for those that are none.
 */
#include "filter/label_selector.h"

#include "base/cleanup.h"
#include "tests/harness.h"
#include "tests/unit/flow_of.h"

#define auto_selector __attribute__((cleanup(label_selector_free)))

/* labels: with blanks between them. */
static bool holds(const char *text, const char *labels)
{
	auto_selector struct label_selector *selector = NULL;
	char reason[LABEL_SELECTOR_REASON_SIZE], line[512] = "", copy[256], *rest = copy, *label;
	struct flow_of flow;
	size_t len = 0;

	if (label_selector_new(&selector, text, reason))
		fail_msg("%s: %s", text, reason);
	snprintf(copy, sizeof(copy), "%s", labels);
	while ((label = strsep(&rest, " ")))
		len += (size_t)snprintf(line + len, sizeof(line) - len, "source.label=%s|", label);
	flow_of(&flow, *labels ? line : "");
	return label_selector_match(selector, &flow.base, FIELD_SOURCE_LABEL);
}

static const struct {
	const char *selector, *labels;
	bool holds;
} forms[] = {
	{ "", "", true },
	{ "  ", "k8s:a=1", true },
	{ "a", "k8s:a=1", true },
	{ "a", "k8s:a", true },
	{ "a", "a", true },
	{ "a", "k8s:b=a", false },
	{ "a", "", false },
	{ "!a", "", true },
	{ "!a", "k8s:a", false },
	{ "! a", "k8s:a", false },
	{ "a=1", "k8s:a=1", true },
	{ "a==1", "k8s:a=1", true },
	{ "a = 1", "k8s:a=1", true },
	{ "a=1", "k8s:a=11", false },
	{ "a=1", "k8s:b=1", false },
	{ "a=", "k8s:a", true },
	{ "a=", "k8s:a=1", false },
	{ "a!=1", "k8s:a=2", true },
	{ "a!=1", "k8s:a=1", false },
	{ "a!=1", "", true },
	{ "a in (1,2)", "k8s:a=2", true },
	{ "a in ( 1 , 2 )", "k8s:a=1", true },
	{ "a in (1,2)", "k8s:a=3", false },
	{ "a in (1,2)", "", false },
	{ "a in ()", "k8s:a", true },
	{ "a in (1,)", "k8s:a", true },
	{ "a in (,1)", "k8s:a", true },
	{ "a in (1)", "k8s:a", false },
	{ "a notin (1,2)", "k8s:a=3", true },
	{ "a notin (1,2)", "k8s:a=1", false },
	{ "a notin (1,2)", "", true },
	{ "in in (in,notin)", "k8s:in=notin", true },
	{ "notin", "k8s:notin", true },
	{ "a>1", "k8s:a=2", true },
	{ "a>1", "k8s:a=1", false },
	{ "a > 1", "k8s:a=x", false },
	{ "a<10", "k8s:a=9", true },
	{ "a<10", "k8s:a=10", false },
	{ "a<10", "", false },
	{ "a,b", "k8s:a k8s:b", true },
	{ "a,b", "k8s:a", false },
	{ "a=1,!b,c in (x)", "k8s:c=x k8s:a=1", true },
	{ "a=1,!b,c in (x)", "k8s:c=x k8s:a=1 k8s:b", false },
	{ "k8s:a=1", "k8s:a=1", true },
	{ "k8s:a=1", "container:a=1", false },
	{ "any:a=1", "container:a=1", true },
	{ "reserved:host", "reserved:host", true },
	{ "reserved:host", "reserved:world", false },
	{ "host", "reserved:host", true },
	{ "k8s:io.kubernetes.pod.namespace=shop", "k8s:io.kubernetes.pod.namespace=shop", true },
	{ "app.kubernetes.io/name=x", "k8s:app.kubernetes.io/name=x", true },
	/* The first label with that key is the one that counts. */
	{ "a=2", "k8s:a=1 container:a=2", false },
	{ "container:a=2", "k8s:a=1 container:a=2", true },
	/* A colon behind the = is the value's. */
	{ "a=b:c", "a=b:c", true },
	{ "url=http://x", "k8s:url=http://x", true },
};

static void each_form_holds_for_what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		assert_row_int(forms[i].selector, holds(forms[i].selector, forms[i].labels),
			       forms[i].holds);
}

static void what_is_no_selector_is_refused_in_kubernetes_words(void **state)
{
	static const struct {
		const char *selector, *reason;
	} cases[] = {
		{ "a=b=c", "found '=', expected: ',' or 'end of string'" },
		{ "a b",
		  "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, "
		  "lt" },
		{ "a=b c", "found 'c', expected: ',' or 'end of string'" },
		{ "=", "found '=', expected: !, identifier, or 'end of string'" },
		{ "()", "found '(', expected: !, identifier, or 'end of string'" },
		{ ",a", "found ',', expected: !, identifier, or 'end of string'" },
		{ "a,", "found '', expected: identifier after ','" },
		{ "a,,b", "found ',', expected: identifier after ','" },
		{ "!", "unable to parse requirement: found '', expected: identifier" },
		{ "!!a", "unable to parse requirement: found '!', expected: identifier" },
		{ "!a=b", "found '=', expected: ',' or 'end of string'" },
		{ "a in", "unable to parse requirement: found '', expected: '('" },
		{ "a in b", "unable to parse requirement: found 'b', expected: '('" },
		{ "a in (b", "unable to parse requirement: found '', expected: ',' or ')'" },
		{ "a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'" },
		{ "a=(b)", "unable to parse requirement: found '(', expected: identifier" },
		{ "a>x",
		  "unable to parse requirement: \"x\": for '<', '>' operators, the value must "
		  "be an integer" },
		{ "a>", "unable to parse requirement: found '', expected: identifier" },
		{ "any:k8s:a", "unable to parse requirement: \"any:k8s:a\" is no key of a label: "
			       "letters, digits, - _ . / and a source with a colon before it" },
		{ "k8s:",
		  "unable to parse requirement: \"k8s:\" is no key of a label: letters, digits, "
		  "- _ . / and a source with a colon before it" },
		{ "\xc3\xbc",
		  "unable to parse requirement: \"\xc3\xbc\" is no key of a label: letters, "
		  "digits, - _ . / and a source with a colon before it" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct label_selector *selector = NULL;
		char reason[LABEL_SELECTOR_REASON_SIZE];

		assert_row_int(cases[i].selector,
			       label_selector_new(&selector, cases[i].selector, reason), -EINVAL);
		assert_row_str(cases[i].selector, reason, cases[i].reason);
		assert_null(selector);
	}
}

static void a_selector_has_a_longest(void **state)
{
	char text[LABEL_SELECTOR_TEXT_MAX + 2], reason[LABEL_SELECTOR_REASON_SIZE];
	struct label_selector *selector = NULL;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	for (size_t i = 1; i < sizeof(text) - 2; i += 2)
		text[i] = ',';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(label_selector_new(&selector, text, reason), -EINVAL);
	assert_string_equal(reason, "\"a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,...\" is longer "
				    "than 4096 bytes");
	assert_null(selector);
	text[sizeof(text) - 3] = '\0';
	assert_int_equal(label_selector_new(&selector, text, reason), 0);
	label_selector_free(&selector);
}

int main(void)
{
	return RUN_TESTS(TEST(each_form_holds_for_what_it_says),
			 TEST(what_is_no_selector_is_refused_in_kubernetes_words),
			 TEST(a_selector_has_a_longest));
}
