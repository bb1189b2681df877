// SPDX-License-Identifier: BSD-2-Clause
/*
 * Names from the answers of a real DNS server (dnsmasq) to a real client (dig), through the
 * programs at real interfaces, the agent's ring and its table. In namespaces of the test's own:
 *
 *	client 10.9.60.2 --- vclient  host  vserver --- 10.9.61.2 server
 *
 * and the host is a router between them. Each answer must be sampled at exactly one of the places
 * that it passes.
 */
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <bpf/libbpf.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/timefmt.h"
#include "bpf_env.h"
#include "tests/at_once.h"
#include "tests/harness.h"
#include "who/dns_names.h"

#define CLIENT	  "10.9.60.2"
#define CLIENT_V6 "fd09:60::2"
#define HOST	  "10.9.61.1"
#define SERVER	  "10.9.61.2"
#define SERVER_V6 "fd09:61::2"
#define SERVICE	  "10.96.0.10" /* the server, behind a translation on the host */
#define MANY	  70	       /* addresses of one name: more than 1,024 bytes of answer */

static struct datapath *datapath;
static struct dns_names *names;
static unsigned int answers; /* sampled since it was last asked */
static char dir[] = "/tmp/weir-dns-XXXXXX";
static pid_t servers[2];

/* The exit status, its output thrown away. */
static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int shell(const char *format, ...)
{
	char command[512], whole[sizeof(command) + 32];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	assert_in_range(len, 1, sizeof(command) - 1);
	snprintf(whole, sizeof(whole), "{ %s; } >/dev/null 2>&1", command);
	return WEXITSTATUS(system(whole)); /* NOLINT(cert-env33-c): fixed words */
}

static void must(const char *command)
{
	assert_row_int(command, shell("%s", command), 0);
}

static bool has_tools(void)
{
	return !shell("PATH=$PATH:/usr/sbin command -v dnsmasq && command -v dig && "
		      "PATH=$PATH:/usr/sbin command -v nft");
}

static void start_server(pid_t *ret, const char *netns, const char *listen)
{
	char hosts[64], address[64];

	snprintf(hosts, sizeof(hosts), "--addn-hosts=%s/hosts", dir);
	snprintf(address, sizeof(address), "--listen-address=%s", listen);
	*ret = fork();
	assert_true(*ret >= 0);
	if (*ret)
		return;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)!freopen("/dev/null", "w", stderr);
	(void)execlp("ip", "ip", "netns", "exec", netns, "dnsmasq", "--no-daemon",
		     "--conf-file=/dev/null", "--user=root", "--no-resolv", "--no-hosts",
		     "--bind-interfaces", "--pid-file=", "--log-facility=/dev/null",
		     "--edns-packet-max=4096", "--local-ttl=300", "--local=/example/",
		     "--cname=alias.example,one.example", hosts, address, (char *)NULL);
	_exit(127);
}

static void write_hosts(void)
{
	auto_file FILE *file = NULL;
	char path[64];

	snprintf(path, sizeof(path), "%s/hosts", dir);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("192.0.2.1 one.example\n2001:db8::1 one.example\n192.0.2.2 two.example\n"
	      "192.0.2.3 three.example\n192.0.2.4 four.example\n192.0.2.5 five.example\n",
	      file);
	for (int i = 0; i < MANY; i++)
		fprintf(file, "198.51.100.%d many.example\n", i + 1);
}

static void on_dns(void *ctx, const struct weir_dns_event *event)
{
	(void)ctx;
	answers++;
	dns_names_event(names, event, time_monotonic_ns());
}

static const struct datapath_readers readers = { .dns = on_dns };

static void attach(const char *name, bool want_ingress)
{
	struct datapath_iface iface = { .ifindex = if_nametoindex(name), .has_ethernet = true };
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)iface.ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, in, .prog_fd = datapath_prog_fd(datapath, DATAPATH_TC_IN));
	LIBBPF_OPTS(bpf_tc_opts, out, .prog_fd = datapath_prog_fd(datapath, DATAPATH_TC_OUT));

	assert_true(datapath_iface_add(datapath, &iface) > 0);
	assert_int_equal(bpf_tc_hook_create(&hook), 0);
	hook.attach_point = BPF_TC_EGRESS;
	assert_int_equal(bpf_tc_attach(&hook, &out), 0);
	hook.attach_point = BPF_TC_INGRESS;
	if (want_ingress)
		assert_int_equal(bpf_tc_attach(&hook, &in), 0);
}

/* One dig, whose answer must have as many lines. */
static void dig(const char *netns, const char *server, const char *words, int lines)
{
	assert_row_int(
		words,
		shell("[ $(ip netns exec %s dig +short +tries=1 +time=5 @%s %s | wc -l) = %d ]",
		      netns, server, words, lines),
		0);
	(void)datapath_ring_drain(datapath, 100000, &readers, NULL);
	assert_int_equal(datapath_bad_events(datapath), 0);
}

/* How many answers were sampled since. */
static unsigned int taken(void)
{
	unsigned int count = answers;

	answers = 0;
	return count;
}

/* The names of an address for a client, with a blank behind each. */
static const char *names_of(const char *client_text, const char *addr_text, bool is_asker)
{
	static char text[512];
	struct dns_names_found found;
	uint8_t client[16], addr[16];
	size_t len = 0;
	int family;

	assert_int_equal(addr_parse(client_text, client, &family), 0);
	assert_int_equal(addr_parse(addr_text, addr, &family), 0);
	dns_names_find(names, client, addr, time_monotonic_ns(), &found);
	text[0] = '\0';
	for (unsigned int i = 0; i < found.count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s ", found.names[i]);
	if (found.count)
		assert_int_equal(found.is_asker, is_asker);
	return text;
}

static void a_forwarded_answer_is_taken_where_it_leaves_towards_the_client(void **state)
{
	(void)state;
	dig("client", SERVER, "one.example", 1);
	assert_int_equal(taken(), 1);
	assert_string_equal(names_of(CLIENT, "192.0.2.1", true), "one.example ");
	assert_string_equal(names_of(HOST, "192.0.2.1", false), "one.example ");
	assert_string_equal(names_of(CLIENT, "192.0.2.2", true), "");
}

static void families_do_not_matter(void **state)
{
	(void)state;
	dig("client", SERVER_V6, "one.example AAAA", 1);
	assert_int_equal(taken(), 1);
	assert_string_equal(names_of(CLIENT_V6, "2001:db8::1", true), "one.example ");
}

static void an_answer_to_the_host_itself_is_taken_where_it_comes_in(void **state)
{
	(void)state;
	dig("host", SERVER, "two.example", 1);
	assert_int_equal(taken(), 1);
	assert_string_equal(names_of(HOST, "192.0.2.2", true), "two.example ");
}

static void an_answer_on_loopback_is_taken_once(void **state)
{
	(void)state;
	dig("host", "127.0.0.1", "three.example", 1);
	assert_int_equal(taken(), 1);
	assert_string_equal(names_of("127.0.0.1", "192.0.2.3", true), "three.example ");
}

static void behind_a_translation_the_client_sees_the_service_answer(void **state)
{
	(void)state;
	dig("client", SERVICE, "four.example", 1);
	assert_int_equal(taken(), 1);
	assert_string_equal(names_of(CLIENT, "192.0.2.4", true), "four.example ");
}

static void an_alias_names_the_address_as_it_was_asked_for(void **state)
{
	(void)state;
	dig("client", SERVER, "Alias.Example", 2);
	assert_int_equal(taken(), 1);
	assert_string_equal(names_of(CLIENT, "192.0.2.1", true), "alias.example one.example ");
}

static void a_long_answer_names_all_its_addresses(void **state)
{
	char addr[32];

	(void)state;
	dig("client", SERVER, "+bufsize=4096 many.example", MANY);
	assert_int_equal(taken(), 1);
	for (int i = 0; i < MANY; i++) {
		snprintf(addr, sizeof(addr), "198.51.100.%d", i + 1);
		/* More than 64 records are not looked at. */
		assert_in_range(strlen(names_of(CLIENT, addr, true)), 0, strlen("many.example "));
	}
	assert_string_equal(names_of(CLIENT, "198.51.100.40", true), "many.example ");
}

static void what_names_nothing_is_not_taken(void **state)
{
	struct dns_names_stats stats;

	(void)state;
	dig("client", SERVER, "nobody.example", 0);
	dig("client", SERVER, "+tcp five.example", 1);
	assert_int_equal(taken(), 0);
	assert_string_equal(names_of(CLIENT, "192.0.2.5", true), "");
	dns_names_get_stats(names, &stats);
	assert_int_equal(stats.malformed, 0);
	assert_int_equal(stats.useless, 0);
}

/* A netns of this name for ip netns, which is this process's own. */
static int setup_network(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    shell("mkdir -p /run/netns && mount -t tmpfs none /run/netns"))
		return -1;
	must("ip netns attach host $PPID || { touch /run/netns/host && "
	     "mount --bind /proc/$PPID/ns/net /run/netns/host; }");
	must("ip netns add client && ip netns add server");
	must("ip link add vclient type veth peer name eth0 netns client");
	must("ip link add vserver type veth peer name eth0 netns server");
	must("ip addr add 10.9.60.1/24 dev vclient && ip addr add fd09:60::1/64 dev vclient nodad");
	must("ip addr add 10.9.61.1/24 dev vserver && ip addr add fd09:61::1/64 dev vserver nodad");
	must("ip link set vclient up && ip link set vserver up && ip link set lo up");
	must("echo 1 >/proc/sys/net/ipv4/ip_forward");
	must("echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
	must("ip -n client addr add " CLIENT "/24 dev eth0");
	must("ip -n client addr add " CLIENT_V6 "/64 dev eth0 nodad");
	must("ip -n server addr add " SERVER "/24 dev eth0");
	must("ip -n server addr add " SERVER_V6 "/64 dev eth0 nodad");
	must("for n in client server; do ip -n $n link set eth0 up; ip -n $n link set lo up; done");
	must("ip -n client route add default via 10.9.60.1");
	must("ip -n client route add default via fd09:60::1");
	must("ip -n server route add default via 10.9.61.1");
	must("ip -n server route add default via fd09:61::1");
	must("nft 'add table ip t; add chain ip t c { type nat hook prerouting priority -100; }; "
	     "add rule ip t c ip daddr " SERVICE " udp dport 53 dnat to " SERVER "'");
	return 0;
}

static void await_server(const char *netns, const char *server)
{
	for (int i = 0; i < 100; i++) {
		if (!shell("ip netns exec %s dig +tcp +tries=1 +time=1 @%s one.example | "
			   "grep -q NOERROR",
			   netns, server))
			return;
		usleep(100000);
	}
	fail_msg("%s does not answer", server);
}

static int setup(void **state)
{
	const struct datapath_options options = {
		.max_flows = 1024, .max_ifaces = 16, .ring_bytes = 1 << 20, .want_dns = true
	};

	(void)state;
	assert_int_equal(setup_network(), 0);
	assert_non_null(mkdtemp(dir));
	write_hosts();
	start_server(&servers[0], "server", SERVER "," SERVER_V6);
	start_server(&servers[1], "host", "127.0.0.1");
	assert_int_equal(datapath_new(&datapath, &options), 0);
	assert_int_equal(dns_names_new(&names), 0);
	attach("lo", false);
	attach("vclient", true);
	attach("vserver", true);
	await_server("client", SERVER);
	await_server("client", SERVER_V6);
	await_server("host", "127.0.0.1");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
		if (servers[i] <= 0)
			continue;
		kill(servers[i], SIGKILL);
		waitpid(servers[i], NULL, 0);
	}
	dns_names_free(&names);
	datapath_free(&datapath);
	return shell("rm -rf %s", dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_forwarded_answer_is_taken_where_it_leaves_towards_the_client),
		TEST(families_do_not_matter),
		TEST(an_answer_to_the_host_itself_is_taken_where_it_comes_in),
		TEST(an_answer_on_loopback_is_taken_once),
		TEST(behind_a_translation_the_client_sees_the_service_answer),
		TEST(an_alias_names_the_address_as_it_was_asked_for),
		TEST(a_long_answer_names_all_its_addresses),
		TEST(what_names_nothing_is_not_taken),
	};

	if (!bpf_env_is_permitted())
		return skip_all("needs root");
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	if (!has_tools())
		return skip_all("needs dnsmasq, dig and nft");
	return cmocka_run_group_tests_name("dns_live", tests, setup, teardown);
}
