// SPDX-License-Identifier: BSD-2-Clause
/* The registry: who belongs to which pod, who knows better, and what goes when. */
#include "who/containers.h"

#include "base/cleanup.h"
#include "tests/harness.h"

#define S (1000000000ULL)

struct world {
	struct containers *containers;
	struct listing *listing;
	unsigned int set, gone, pods_set, pods_gone;
};

static void on_set(void *ctx, struct container *container)
{
	struct world *world = ctx;

	(void)container;
	world->set++;
}

static void on_gone(void *ctx, struct container *container)
{
	struct world *world = ctx;

	(void)container;
	world->gone++;
}

static void on_pod_set(void *ctx, struct pod *pod)
{
	struct world *world = ctx;

	(void)pod;
	world->pods_set++;
}

static void on_pod_gone(void *ctx, struct pod *pod)
{
	struct world *world = ctx;

	(void)pod;
	world->pods_gone++;
}

static const struct containers_ops ops = { on_set, on_gone, on_pod_set, on_pod_gone };

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	assert_int_equal(containers_new(&world->containers, &ops, world), 0);
	world->listing = listing_new();
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	containers_free(&world->containers);
	listing_free(&world->listing);
	free(world);
	return 0;
}

static struct found *found(struct world *world, const char *id)
{
	struct found *item = listing_add(world->listing, text_from_str(id));

	assert_non_null(item);
	item->runtime = "containerd";
	return item;
}

static struct found *sandbox(struct world *world, const char *id, const char *pod)
{
	struct found *item = found(world, id);

	item->is_sandbox = true;
	item->has_labels = true;
	item->sandbox_id = id;
	item->pod_namespace = "shop";
	item->pod_name = pod;
	item->pod_uid = pod[0] == 'c' ? "uid-c" : "uid-d";
	listing_label(world->listing, item, text_from_str("app"), text_from_str(pod));
	return item;
}

static struct found *member(struct world *world, const char *id, const char *name,
			    const char *sandbox_id)
{
	struct found *item = found(world, id);

	item->name = name;
	item->sandbox_id = sandbox_id;
	return item;
}

static void tell(struct world *world, const struct found *item)
{
	containers_tell(world->containers, item, 0, 2);
}

static void a_pod_has_its_containers_labels_and_workload(void **state)
{
	struct world *world = *state;
	struct container *container;
	struct found *item;
	struct pod *pod;

	item = sandbox(world, "s1", "cart-7d9f8b6c5d-x2x7k");
	listing_label(world->listing, item, text_from_str("pod-template-hash"),
		      text_from_str("7d9f8b6c5d"));
	tell(world, item);
	tell(world, member(world, "c1", "app", "s1"));
	tell(world, member(world, "c2", "side", "s1"));
	container = containers_find(world->containers, "c1");
	assert_non_null(container);
	assert_string_equal(container->name, "app");
	pod = container->pod;
	assert_non_null(pod);
	assert_ptr_equal(containers_find(world->containers, "c2")->pod, pod);
	assert_ptr_equal(containers_find(world->containers, "s1")->pod, pod);
	assert_ptr_equal(containers_find_pod_uid(world->containers, "uid-c"), pod);
	assert_ptr_equal(containers_find_pod(world->containers, "shop", pod->name), pod);
	assert_null(containers_find_pod(world->containers, "", pod->name));
	assert_null(containers_find_pod_uid(world->containers, ""));
	assert_string_equal(labels_get(pod->labels, pod->label_count, "app"), pod->name);
	assert_string_equal(pod->workload.name, "cart");
	assert_string_equal(pod->sandbox_id, "s1");
	assert_int_equal(pod->live, 3);
	assert_int_equal(world->set, 3);
	assert_int_equal(world->pods_set, 1);
}

static void what_is_told_again_changes_nothing(void **state)
{
	struct world *world = *state;
	struct container *container;

	tell(world, sandbox(world, "s1", "cart"));
	tell(world, member(world, "c1", "app", "s1"));
	container = containers_find(world->containers, "c1");
	tell(world, &world->listing->items[0]);
	tell(world, &world->listing->items[1]);
	assert_ptr_equal(containers_find(world->containers, "c1"), container);
	assert_int_equal(world->set, 2);
	assert_int_equal(world->pods_set, 1);
	assert_int_equal(containers_sums(world->containers).containers, 2);
}

static void a_container_told_before_its_sandbox_gets_the_better_pod(void **state)
{
	struct world *world = *state;
	struct found *item = member(world, "c1", "app", "s1");
	struct pod *before, *pod;

	item->pod_namespace = "shop";
	item->pod_name = "cart";
	item->pod_uid = "uid-c";
	item->net.netns = "/run/netns/x";
	tell(world, item);
	before = pod_ref(containers_find(world->containers, "c1")->pod);
	assert_int_equal(before->label_count, 0);
	tell(world, sandbox(world, "s1", "cart"));
	pod = containers_find(world->containers, "c1")->pod;
	assert_ptr_not_equal(pod, before);
	assert_int_equal(pod->label_count, 1);
	assert_int_equal(pod->live, 2);
	assert_string_equal(pod->net.netns, "/run/netns/x");
	assert_int_equal(containers_sums(world->containers).pods, 1);
	assert_ptr_equal(containers_find_pod_uid(world->containers, "uid-c"), pod);
	assert_int_equal(world->pods_gone, 0);
	assert_string_equal(before->name, "cart"); /* whoever refers to it still can */
	pod_unref(&before);
}

/* Who tells of it first does not know of its pod: that is told as a change of the container. */
static void a_container_that_turns_out_to_be_in_a_pod_is_told_anew(void **state)
{
	struct world *world = *state;

	containers_tell(world->containers, member(world, "c1", "app", ""), 1, 2);
	assert_int_equal(world->set, 1);
	containers_tell(world->containers, sandbox(world, "s1", "cart"), 0, 1);
	assert_int_equal(world->set, 2);
	assert_int_equal(world->pods_set, 1);
	containers_tell(world->containers, member(world, "c1", "other", "s1"), 0, 1);
	assert_string_equal(containers_find(world->containers, "c1")->name, "app");
	assert_non_null(containers_find(world->containers, "c1")->pod);
	assert_int_equal(world->set, 3);
}

static void who_knows_better_is_believed(void **state)
{
	struct world *world = *state;
	struct found *good, *bad;

	(void)member(world, "c1", "app", "");
	bad = member(world, "c1", "", "");
	bad->pid = 77;
	good = &world->listing->items[0];
	containers_tell(world->containers, bad, 5, 0);
	assert_string_equal(containers_find(world->containers, "c1")->name, "");
	containers_tell(world->containers, good, 1, 2);
	containers_tell(world->containers, bad, 5, 0);
	assert_string_equal(containers_find(world->containers, "c1")->name, "app");
	assert_int_equal(containers_find(world->containers, "c1")->pid, 77);
	assert_int_equal(containers_find(world->containers, "c1")->source, 1);
	/* The other one does not miss it. */
	containers_begin(world->containers);
	containers_end(world->containers, 5, S);
	assert_false(containers_find(world->containers, "c1")->is_gone);
}

static void what_a_full_listing_does_not_have_is_gone(void **state)
{
	struct world *world = *state;

	tell(world, member(world, "c1", "a", ""));
	tell(world, member(world, "c2", "b", ""));
	containers_begin(world->containers);
	tell(world, &world->listing->items[1]);
	containers_end(world->containers, 0, S);
	assert_true(containers_find(world->containers, "c1")->is_gone);
	assert_false(containers_find(world->containers, "c2")->is_gone);
	assert_int_equal(world->gone, 1);
}

static void who_is_gone_stays_a_minute(void **state)
{
	struct world *world = *state;
	struct container *kept;

	tell(world, sandbox(world, "s1", "cart"));
	tell(world, member(world, "c1", "app", "s1"));
	kept = container_ref(containers_find(world->containers, "c1"));
	assert_int_equal(containers_expire(world->containers, S), 0);
	containers_remove(world->containers, "c1", S);
	containers_remove(world->containers, "c1", 9 * S);
	assert_int_equal(world->pods_gone, 0);
	containers_remove(world->containers, "s1", 2 * S);
	containers_remove(world->containers, "unknown", 2 * S);
	assert_int_equal(world->gone, 2);
	assert_int_equal(world->pods_gone, 1);
	assert_int_equal(containers_expire(world->containers, 60 * S), 61 * S);
	assert_non_null(containers_find(world->containers, "c1"));
	assert_int_equal(containers_expire(world->containers, 61 * S), 62 * S);
	assert_null(containers_find(world->containers, "c1"));
	assert_non_null(containers_find_pod_uid(world->containers, "uid-c"));
	assert_int_equal(containers_expire(world->containers, 62 * S), 0);
	assert_null(containers_find_pod_uid(world->containers, "uid-c"));
	assert_int_equal(containers_sums(world->containers).bytes, 0);
	/* A record still knows it. */
	assert_string_equal(kept->name, "app");
	assert_string_equal(kept->pod->name, "cart");
	container_unref(&kept);
}

static void who_comes_back_is_there_again(void **state)
{
	struct world *world = *state;

	tell(world, member(world, "c1", "a", ""));
	containers_remove(world->containers, "c1", S);
	tell(world, &world->listing->items[0]);
	assert_false(containers_find(world->containers, "c1")->is_gone);
	assert_int_equal(world->set, 2);
	assert_int_equal(containers_expire(world->containers, 100 * S), 0);
}

static void a_new_sandbox_has_a_network_of_its_own(void **state)
{
	struct world *world = *state;
	struct found *item = sandbox(world, "s1", "cart");
	const struct pod *pod;

	(void)listing_ip(item, text_from_str("10.0.0.1"));
	containers_tell(world->containers, item, 0, 2);
	containers_tell_details(world->containers, item);
	pod = containers_find_pod_uid(world->containers, "uid-c");
	assert_true(pod->has_details);
	tell(world, sandbox(world, "s2", "cart"));
	assert_ptr_equal(containers_find_pod_uid(world->containers, "uid-c"), pod);
	assert_string_equal(pod->sandbox_id, "s2");
	assert_int_equal(pod->net.ip_count, 0);
	assert_false(pod->has_details);
}

static void a_pod_of_the_same_name_is_another_one(void **state)
{
	struct world *world = *state;
	struct found *item;
	struct pod *old;

	tell(world, sandbox(world, "s1", "cart"));
	old = containers_find_pod(world->containers, "shop", "cart");
	item = sandbox(world, "s2", "cart");
	item->pod_uid = "uid-new";
	tell(world, item);
	assert_ptr_not_equal(containers_find_pod(world->containers, "shop", "cart"), old);
	assert_ptr_equal(containers_find_pod_uid(world->containers, "uid-c"), old);
	assert_int_equal(containers_sums(world->containers).pods, 2);
}

static void a_renamed_container_is_another_object(void **state)
{
	struct world *world = *state;
	struct container *kept;

	tell(world, member(world, "c1", "old", ""));
	kept = container_ref(containers_find(world->containers, "c1"));
	tell(world, member(world, "c1", "new", ""));
	assert_string_equal(containers_find(world->containers, "c1")->name, "new");
	assert_string_equal(kept->name, "old");
	assert_int_equal(containers_sums(world->containers).containers, 1);
	container_unref(&kept);
}

static void a_full_registry_takes_the_place_of_those_gone_longest(void **state)
{
	struct world *world = *state;
	char id[16];

	for (int i = 0; i < CONTAINERS_MAX; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		tell(world, found(world, id));
	}
	tell(world, found(world, "one-more"));
	assert_null(containers_find(world->containers, "one-more"));
	assert_int_equal(containers_sums(world->containers).refused, 1);
	containers_remove(world->containers, "c7", 2 * S);
	containers_remove(world->containers, "c8", S);
	tell(world, found(world, "one-more"));
	assert_non_null(containers_find(world->containers, "one-more"));
	assert_non_null(containers_find(world->containers, "c7"));
	assert_null(containers_find(world->containers, "c8"));
}

static void a_pod_whose_container_finds_no_room_is_not_there(void **state)
{
	struct world *world = *state;
	char id[16];

	for (int i = 0; i < CONTAINERS_MAX; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		tell(world, found(world, id));
	}
	tell(world, sandbox(world, "s1", "cart"));
	assert_null(containers_find_pod_uid(world->containers, "uid-c"));
	assert_int_equal(containers_sums(world->containers).pods, 0);
}

static void labels_that_find_no_room_are_left_out(void **state)
{
	struct world *world = *state;
	char id[16], name[24], uid[24], key[300];

	memset(key, 'k', sizeof(key));
	for (int i = 0; i < 700; i++) {
		struct found *item;

		snprintf(id, sizeof(id), "s%d", i);
		snprintf(name, sizeof(name), "pod%d", i);
		snprintf(uid, sizeof(uid), "uid%d", i);
		listing_free(&world->listing);
		world->listing = listing_new();
		item = sandbox(world, id, name);
		item->pod_uid = uid;
		for (int label = 0; label < LABELS_MAX; label++)
			listing_label(world->listing, item, (struct text){ key, sizeof(key) },
				      (struct text){ key, 200 });
		tell(world, item);
	}
	assert_int_equal(containers_sums(world->containers).pods, 700);
	assert_true(containers_sums(world->containers).bytes <= CONTAINERS_BYTES_MAX);
	assert_true(containers_sums(world->containers).refused > 0);
	assert_int_equal(containers_find_pod_uid(world->containers, "uid699")->label_count, 0);
	assert_int_not_equal(containers_find_pod_uid(world->containers, "uid0")->label_count, 0);
}

static bool count(void *ctx, struct container *container)
{
	unsigned int *left = ctx;

	(void)container;
	return --*left;
}

static void listing_ends_when_told_so(void **state)
{
	struct world *world = *state;
	unsigned int left = 2;

	for (const char *id = "abcdef"; id[1]; id++)
		tell(world, found(world, id));
	containers_each(world->containers, count, &left);
	assert_int_equal(left, 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	return RUN_TESTS(
		STORY(a_pod_has_its_containers_labels_and_workload),
		STORY(what_is_told_again_changes_nothing),
		STORY(a_container_told_before_its_sandbox_gets_the_better_pod),
		STORY(a_container_that_turns_out_to_be_in_a_pod_is_told_anew),
		STORY(who_knows_better_is_believed),
		STORY(what_a_full_listing_does_not_have_is_gone), STORY(who_is_gone_stays_a_minute),
		STORY(who_comes_back_is_there_again), STORY(a_new_sandbox_has_a_network_of_its_own),
		STORY(a_pod_of_the_same_name_is_another_one),
		STORY(a_renamed_container_is_another_object),
		STORY(a_full_registry_takes_the_place_of_those_gone_longest),
		STORY(a_pod_whose_container_finds_no_room_is_not_there),
		STORY(labels_that_find_no_room_are_left_out), STORY(listing_ends_when_told_so));
}
