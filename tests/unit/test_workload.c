// SPDX-License-Identifier: BSD-2-Clause
/* Names and labels of pods, as controllers make them. */
#include "who/workload.h"

#include "base/cleanup.h"
#include "tests/harness.h"
#include "who/labels.h"

struct row {
	const char *pod;
	struct label label; /* no key: none */
	bool is_told;	    /* that there are no others */
	const char *kind, *name;
};

static const struct row rows[] = {
	{ "cart-7d9f8b6c5d-x2x7k",
	  { "pod-template-hash", "7d9f8b6c5d" },
	  true,
	  "Deployment",
	  "cart" },
	{ "a-b-c-5f4b8-k9zzx", { "pod-template-hash", "5f4b8" }, true, "Deployment", "a-b-c" },
	/* A ReplicaSet that is nobody's may have the label by hand. */
	{ "cart-x2x7k", { "pod-template-hash", "7d9f8b6c5d" }, true, "ReplicaSet", "cart" },
	{ "proxy-x2x7k", { "controller-revision-hash", "64bfd7c9c8" }, true, "DaemonSet", "proxy" },
	{ "db-0", { "statefulset.kubernetes.io/pod-name", "db-0" }, true, "StatefulSet", "db" },
	{ "db-12", { "statefulset.kubernetes.io/pod-name", "db-12" }, true, "StatefulSet", "db" },
	{ "once-x2x7k", { "job-name", "once" }, true, "Job", "once" },
	{ "once-x2x7k", { "batch.kubernetes.io/job-name", "once" }, true, "Job", "once" },
	{ "tidy-28871520-x2x7k", { "job-name", "tidy-28871520" }, true, "CronJob", "tidy" },
	{ "tidy-1234567-x2x7k", { "job-name", "tidy-1234567" }, true, "Job", "tidy-1234567" },
	{ "web-3-x2x7k", { "deploymentconfig", "web" }, true, "DeploymentConfig", "web" },
	{ "custom-x2x7k", { "app", "custom" }, true, "", "custom" },
	{ "bare", { "app", "bare" }, true, "", "" },
	{ "bare", { NULL, NULL }, true, "", "" },
	/* Without labels the name is all there is. */
	{ "cart-7d9f8b6c5d-x2x7k", { NULL, NULL }, false, "Deployment", "cart" },
	{ "proxy-x2x7k", { NULL, NULL }, false, "", "proxy" },
	{ "db-0", { NULL, NULL }, false, "", "" },
	{ "two-words", { NULL, NULL }, false, "", "" },
	{ "-x2x7k", { NULL, NULL }, false, "", "" },
	{ "", { NULL, NULL }, false, "", "" },
};

static void workloads_are_told_by_labels_and_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct workload workload;

		workload_of(&workload, row->pod, row->is_told ? &row->label : NULL,
			    row->label.key ? 1 : 0);
		assert_row_str(row->pod, workload.kind, row->kind);
		assert_row_str(row->pod, workload.name, row->name);
	}
}

static void a_name_too_long_is_no_workload(void **state)
{
	char name[WORKLOAD_NAME_SIZE + 16];
	struct workload workload;

	(void)state;
	memset(name, 'a', sizeof(name));
	memcpy(name + sizeof(name) - 7, "-x2x7k", 7);
	workload_of(&workload, name, NULL, 0);
	assert_string_equal(workload.name, "");
}

int main(void)
{
	return RUN_TESTS(TEST(workloads_are_told_by_labels_and_names),
			 TEST(a_name_too_long_is_no_workload));
}
