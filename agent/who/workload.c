// SPDX-License-Identifier: BSD-2-Clause
/*
 * What controllers leave behind. Names are made of the owner's name and a suffix of five characters
 * of an alphabet without vowels and look-alikes; a Deployment's ReplicaSet is named after the
 * Deployment and a hash of the pod template, in the same alphabet.
 */
#include "workload.h"

#include <stdbool.h>
#include <string.h>

#include "labels.h"

#define SAFE_ALPHABET "bcdfghjklmnpqrstvwxz2456789"
#define SUFFIX_LEN    5 /* what is appended to a generated name */
#define HASH_MIN      6 /* a pod template's hash is a number in that alphabet */
#define HASH_MAX      10
#define CRON_MIN      8 /* a CronJob's jobs end in the minute they were due */
#define CRON_MAX      10

/* The length of what stands in front of "-suffix", if the suffix is made of these characters. */
static size_t without_suffix(const char *name, size_t len, const char *alphabet, size_t shortest,
			     size_t longest)
{
	size_t suffix = 0;

	while (suffix < len && strchr(alphabet, name[len - 1 - suffix]))
		suffix++;
	if (suffix < shortest || suffix > longest || suffix + 1 >= len ||
	    name[len - 1 - suffix] != '-')
		return 0;
	return len - 1 - suffix;
}

static void set(struct workload *ret, const char *kind, const char *name, size_t len)
{
	if (!len || len >= sizeof(ret->name))
		return;
	memcpy(ret->name, name, len);
	ret->name[len] = '\0';
	ret->kind = kind;
}

/* A Deployment's pod is called NAME-HASH-SUFFIX. */
static bool by_template_hash(struct workload *ret, const char *name, size_t generated,
			     const char *hash)
{
	size_t hash_len = strlen(hash);

	if (!hash_len || generated <= hash_len + 1 ||
	    memcmp(name + generated - hash_len, hash, hash_len) != 0 ||
	    name[generated - hash_len - 1] != '-')
		return false;
	set(ret, "Deployment", name, generated - hash_len - 1);
	return true;
}

static void by_job(struct workload *ret, const char *job)
{
	size_t len = strlen(job), cron = without_suffix(job, len, "0123456789", CRON_MIN, CRON_MAX);

	if (cron)
		set(ret, "CronJob", job, cron);
	else
		set(ret, "Job", job, len);
}

static void by_labels(struct workload *ret, const char *name, const struct label *labels,
		      size_t count)
{
	size_t len = strlen(name);
	size_t generated = without_suffix(name, len, SAFE_ALPHABET, SUFFIX_LEN, SUFFIX_LEN);
	const char *value;

	if ((value = labels_get(labels, count, "batch.kubernetes.io/job-name")) ||
	    (value = labels_get(labels, count, "job-name"))) {
		by_job(ret, value);
	} else if ((value = labels_get(labels, count, "pod-template-hash"))) {
		if (!by_template_hash(ret, name, generated, value))
			set(ret, "ReplicaSet", name, generated);
	} else if ((value = labels_get(labels, count, "deploymentconfig"))) {
		set(ret, "DeploymentConfig", value, strlen(value));
	} else if (labels_get(labels, count, "statefulset.kubernetes.io/pod-name")) {
		set(ret, "StatefulSet", name,
		    without_suffix(name, len, "0123456789", 1, SUFFIX_LEN));
	} else if (labels_get(labels, count, "controller-revision-hash")) {
		set(ret, "DaemonSet", name, generated);
	} else {
		set(ret, "", name, generated);
	}
}

static void by_name(struct workload *ret, const char *name)
{
	size_t len = strlen(name);
	size_t generated = without_suffix(name, len, SAFE_ALPHABET, SUFFIX_LEN, SUFFIX_LEN);
	size_t deployment =
		generated ? without_suffix(name, generated, SAFE_ALPHABET, HASH_MIN, HASH_MAX) : 0;

	if (deployment)
		set(ret, "Deployment", name, deployment);
	else
		set(ret, "", name, generated);
}

void workload_of(struct workload *ret, const char *pod_name, const struct label *labels,
		 size_t count)
{
	*ret = (struct workload){ .kind = "" };
	if (labels)
		by_labels(ret, pod_name, labels, count);
	else
		by_name(ret, pod_name);
}
