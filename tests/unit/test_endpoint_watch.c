// SPDX-License-Identifier: BSD-2-Clause
/* Who comes and goes, as the registry of containers tells it, in a log of one word each. */
#include "who/endpoint_watch.h"

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "tests/harness.h"
#include "who/containers.h"
#include "who/party_facts.h"

#define S 1000000000ULL

struct world {
	struct endpoint_watch watch;
	struct containers *containers;
	struct listing *listing;
	struct buf told; /* "+shop/cart +10.0.0.5@shop/cart " */
};

static void put_name(struct buf *out, const struct party_facts *facts)
{
	if (facts->pod)
		buf_printf(out, "%s/%s ", facts->pod->namespace, facts->pod->name);
	else
		buf_printf(out, "%s ", facts->container->name);
}

static void on_endpoint(void *ctx, const struct party_facts *facts, bool is_there)
{
	struct world *world = ctx;

	buf_append_char(&world->told, is_there ? '+' : '-');
	put_name(&world->told, facts);
}

static void on_address(void *ctx, const uint8_t addr[static 16], const struct party_facts *facts,
		       bool is_there)
{
	struct world *world = ctx;
	char text[ADDR_TEXT_SIZE];

	addr_to_str(addr, 4, text);
	buf_printf(&world->told, "%c%s@", is_there ? '+' : '-', text);
	put_name(&world->told, facts);
}

static const struct endpoint_watch_ops ops = { on_endpoint, on_address };

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->watch = (struct endpoint_watch){ &ops, world };
	assert_int_equal(
		containers_new(&world->containers, &endpoint_watch_containers, &world->watch), 0);
	world->listing = listing_new();
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	containers_free(&world->containers);
	listing_free(&world->listing);
	buf_done(&world->told);
	free(world);
	return 0;
}

/* What was told since the last time. */
static void assert_told(struct world *world, const char *expect)
{
	buf_append_char(&world->told, '\0');
	assert_string_equal(buf_bytes(&world->told), expect);
	buf_truncate(&world->told, 0);
}

/* Valid until the next one is made. */
static struct found *found(struct world *world, const char *id, const char *name,
			   const char *sandbox_id)
{
	struct found *item = listing_add(world->listing, text_from_str(id));

	assert_non_null(item);
	item->runtime = "containerd";
	item->name = name;
	item->sandbox_id = sandbox_id;
	return item;
}

static struct found *sandbox(struct world *world, const char *id, const char *ip)
{
	struct found *item = found(world, id, "", id);

	item->is_sandbox = true;
	item->pod_namespace = "shop";
	item->pod_name = "cart";
	item->pod_uid = "uid";
	if (ip)
		assert_true(listing_ip(item, text_from_str(ip)));
	return item;
}

static void tell(struct world *world, const struct found *item)
{
	containers_tell(world->containers, item, 0, 2);
}

static void a_pod_is_told_once_and_goes_with_its_last_container(void **state)
{
	struct world *world = *state;

	tell(world, sandbox(world, "s1", "10.0.0.5"));
	assert_told(world, "+shop/cart +10.0.0.5@shop/cart ");
	tell(world, found(world, "c1", "app", "s1"));
	tell(world, sandbox(world, "s1", "10.0.0.5"));
	tell(world, found(world, "c1", "app", "s1"));
	containers_remove(world->containers, "s1", S);
	assert_told(world, "");
	containers_remove(world->containers, "c1", S);
	assert_told(world, "-10.0.0.5@shop/cart -shop/cart ");
	(void)containers_expire(world->containers, 100 * S);
	assert_told(world, "");
}

static void who_comes_back_is_told_again(void **state)
{
	struct world *world = *state;

	tell(world, sandbox(world, "s1", "10.0.0.5"));
	containers_remove(world->containers, "s1", S);
	buf_truncate(&world->told, 0);
	tell(world, sandbox(world, "s1", "10.0.0.5"));
	assert_told(world, "+shop/cart +10.0.0.5@shop/cart ");
}

static void an_address_may_come_later_and_be_another(void **state)
{
	struct world *world = *state;
	struct found *item;

	tell(world, sandbox(world, "s1", NULL));
	assert_told(world, "+shop/cart ");
	containers_tell_details(world->containers, sandbox(world, "s1", "10.0.0.5"));
	assert_told(world, "+10.0.0.5@shop/cart ");
	item = sandbox(world, "s1", "10.0.0.6");
	assert_true(listing_ip(item, text_from_str("10.0.0.5")));
	containers_tell_details(world->containers, item);
	assert_told(world, "+10.0.0.6@shop/cart ");
	containers_tell_details(world->containers, sandbox(world, "s1", "10.0.0.7"));
	assert_told(world, "-10.0.0.5@shop/cart -10.0.0.6@shop/cart +10.0.0.7@shop/cart ");
}

static void the_hosts_addresses_are_no_pods(void **state)
{
	struct world *world = *state;
	struct found *item = sandbox(world, "s1", "10.0.0.1");

	item->net.is_host = true;
	tell(world, item);
	assert_told(world, "+shop/cart ");
	containers_remove(world->containers, "s1", S);
	assert_told(world, "-shop/cart ");
}

static void a_pod_has_to_have_a_name(void **state)
{
	struct world *world = *state;
	struct found *item = found(world, "c1", "app", "s1");

	item->pod_uid = "uid";
	tell(world, item);
	assert_told(world, "");
	tell(world, sandbox(world, "s1", NULL));
	assert_told(world, "+shop/cart ");
}

static void a_pod_of_which_more_is_known_is_the_same(void **state)
{
	struct world *world = *state;
	struct found *item = found(world, "c1", "app", "s1");

	item->pod_namespace = "shop";
	item->pod_name = "cart";
	item->pod_uid = "uid";
	tell(world, item);
	assert_told(world, "+shop/cart ");
	item = sandbox(world, "s1", "10.0.0.5");
	item->has_labels = true;
	tell(world, item);
	assert_told(world, "+10.0.0.5@shop/cart ");
	containers_remove(world->containers, "c1", S);
	containers_remove(world->containers, "s1", S);
	assert_told(world, "-10.0.0.5@shop/cart -shop/cart ");
}

static void a_container_of_no_pod_is_one_itself(void **state)
{
	struct world *world = *state;
	struct found *item = found(world, "c1", "web", "");

	tell(world, item);
	assert_told(world, "+web ");
	assert_true(listing_ip(item, text_from_str("172.17.0.2")));
	tell(world, item);
	assert_told(world, "+172.17.0.2@web ");
	item->name = "shop";
	tell(world, item);
	assert_told(world, "-172.17.0.2@web -web +shop +172.17.0.2@shop ");
	containers_remove(world->containers, "c1", S);
	assert_told(world, "-172.17.0.2@shop -shop ");
}

static void a_container_that_is_found_to_be_in_a_pod_is_none_any_more(void **state)
{
	struct world *world = *state;

	tell(world, found(world, "c1", "app", ""));
	assert_told(world, "+app ");
	tell(world, sandbox(world, "s1", NULL));
	assert_told(world, "+shop/cart ");
	tell(world, found(world, "c1", "app", "s1"));
	assert_told(world, "-app ");
	/* Told by somebody who knows less. */
	tell(world, found(world, "c2", "side", ""));
	assert_told(world, "+side ");
	containers_tell(world->containers, found(world, "c2", "", "s1"), 5, 0);
	assert_told(world, "-side ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(a_pod_is_told_once_and_goes_with_its_last_container),
		T(who_comes_back_is_told_again),
		T(an_address_may_come_later_and_be_another),
		T(the_hosts_addresses_are_no_pods),
		T(a_pod_has_to_have_a_name),
		T(a_pod_of_which_more_is_known_is_the_same),
		T(a_container_of_no_pod_is_one_itself),
		T(a_container_that_is_found_to_be_in_a_pod_is_none_any_more),
#undef T
	};

	return cmocka_run_group_tests_name("test_endpoint_watch", tests, NULL, NULL);
}
