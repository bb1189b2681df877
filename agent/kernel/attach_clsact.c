// SPDX-License-Identifier: BSD-2-Clause
/*
 * clsact outlives its maker, so whose a filter is stands in its handle, and whose the qdisc is in the
 * names of our filters: both can still be read after the agent was killed.
 */
#include "kernel/attach_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "base/cleanup.h"
#include "kernel/attach_sight.h"

#define PRIORITY_FIRST 1
#define PRIORITY_LAST  0xffff
#define PRIORITY_TRIES 64 /* another kind of classifier may hold a priority */

/* The name of our filter, where the qdisc is somebody else's and where it is ours. */
#define NAME_GUEST "weir"
#define NAME_OWNER "weir+qdisc"

#define REPLY_SIZE 32768

/* ---- rtnetlink ---- */

/* One exchange of requests and answers. */
struct tc {
	struct mnl_socket *socket;
	uint32_t seq;
	uint32_t ifindex;
	uint8_t request[512] __attribute__((aligned(8)));
	uint8_t reply[REPLY_SIZE] __attribute__((aligned(8)));
};

static void tc_close(struct tc *tc)
{
	if (tc->socket)
		mnl_socket_close(tc->socket);
	tc->socket = NULL;
}

#define auto_tc __attribute__((cleanup(tc_close)))

static int tc_open(struct tc *ret, uint32_t ifindex)
{
	ret->ifindex = ifindex;
	ret->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!ret->socket || mnl_socket_bind(ret->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return 0;
}

static struct nlmsghdr *tc_request(struct tc *tc, uint16_t type, uint16_t flags,
				   const struct tcmsg *header)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(tc->request);
	struct tcmsg *tcm;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = ++tc->seq;
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	*tcm = *header;
	tcm->tcm_ifindex = (int)tc->ifindex;
	return nlh;
}

/* Sends the request; each message of the answer goes to fn. Returns the kernel's -errno. */
static int tc_run(struct tc *tc, mnl_cb_t fn, void *ctx)
{
	const struct nlmsghdr *nlh = (const void *)tc->request;
	unsigned int portid = mnl_socket_get_portid(tc->socket);
	int r;

	if (mnl_socket_sendto(tc->socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t n = mnl_socket_recvfrom(tc->socket, tc->reply, sizeof(tc->reply));

		if (n < 0)
			return -errno;
		r = mnl_cb_run(tc->reply, (size_t)n, tc->seq, portid, fn, ctx);
	} while (r > MNL_CB_STOP);
	return r < 0 ? -errno : 0;
}

/* A message's attributes by type. */
struct attrs {
	const struct nlattr *at[TCA_MAX + 1];
};

static int attrs_note(const struct nlattr *attr, void *ctx)
{
	struct attrs *attrs = ctx;

	if (mnl_attr_get_type(attr) < ARRAY_SIZE(attrs->at))
		attrs->at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static bool attr_is_str(const struct nlattr *attr, const char *str)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 &&
	       strcmp(mnl_attr_get_str(attr), str) == 0;
}

/* ---- clsact ---- */

/* Indexed by is_egress. */
static const uint32_t parents[] = {
	TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
	TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
};

enum qdisc {
	QDISC_NONE,
	QDISC_CLSACT,
	/* Older, ingress only. Beware: it takes egress filters too and runs them at ingress. */
	QDISC_INGRESS,
};

static int read_qdisc(const struct nlmsghdr *nlh, void *ctx)
{
	enum qdisc *qdisc = ctx;
	struct attrs attrs = {};

	mnl_attr_parse(nlh, sizeof(struct tcmsg), attrs_note, &attrs);
	if (attr_is_str(attrs.at[TCA_KIND], "clsact"))
		*qdisc = QDISC_CLSACT;
	else if (attr_is_str(attrs.at[TCA_KIND], "ingress"))
		*qdisc = QDISC_INGRESS;
	return MNL_CB_OK;
}

static int qdisc_get(struct tc *tc, enum qdisc *ret)
{
	int r;

	*ret = QDISC_NONE;
	/* Older kernels answer the asker only if told to echo. */
	tc_request(tc, RTM_GETQDISC, NLM_F_ECHO, &(struct tcmsg){ .tcm_parent = TC_H_CLSACT });
	r = tc_run(tc, read_qdisc, ret);
	return r == -ENOENT || r == -EINVAL ? 0 : r;
}

static int qdisc_make(struct tc *tc)
{
	struct nlmsghdr *nlh =
		tc_request(tc, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL,
			   &(struct tcmsg){ .tcm_parent = TC_H_CLSACT,
					    .tcm_handle = TC_H_CLSACT & TC_H_MAJ_MASK });

	mnl_attr_put_strz(nlh, TCA_KIND, "clsact");
	return tc_run(tc, NULL, NULL);
}

static int qdisc_remove(struct tc *tc)
{
	tc_request(tc, RTM_DELQDISC, 0,
		   &(struct tcmsg){ .tcm_parent = TC_H_CLSACT,
				    .tcm_handle = TC_H_CLSACT & TC_H_MAJ_MASK });
	return tc_run(tc, NULL, NULL);
}

/* What hangs at one hook. */
struct survey {
	unsigned int n_messages; /* 0: nothing at all */
	unsigned int n_ours;
	uint32_t info[PRIORITY_TRIES]; /* priority and protocol of ours */
	bool is_qdisc_ours;
	struct attach_ahead ahead;
};

/* A list of filters has no handle, and u32's tables have one without a node. */
static bool is_filter(const struct tcmsg *tcm, const struct nlattr *kind)
{
	return attr_is_str(kind, "u32") ? TC_U32_NODE(tcm->tcm_handle) : tcm->tcm_handle;
}

/* Filters come in the order in which they run. */
static void survey_ahead(struct survey *survey, const struct tcmsg *tcm, const struct attrs *attrs)
{
	const struct nlattr *kind = attrs->at[TCA_KIND], *id;
	struct attach_ahead *ahead = &survey->ahead;
	struct attrs options = {};

	if (!is_filter(tcm, kind) || survey->n_ours || ahead->count++)
		return;
	ahead->kind = ATTACH_CLSACT;
	if (kind && !mnl_attr_validate(kind, MNL_TYPE_NUL_STRING))
		snprintf(ahead->name, sizeof(ahead->name), "%s", mnl_attr_get_str(kind));
	if (!attr_is_str(kind, "bpf") || !attrs->at[TCA_OPTIONS])
		return;
	mnl_attr_parse_nested(attrs->at[TCA_OPTIONS], attrs_note, &options);
	id = options.at[TCA_BPF_ID];
	if (id && !mnl_attr_validate(id, MNL_TYPE_U32))
		ahead->program = mnl_attr_get_u32(id);
}

static int survey_filter(const struct nlmsghdr *nlh, void *ctx)
{
	struct survey *survey = ctx;
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct attrs attrs = {}, options = {};

	survey->n_messages++;
	mnl_attr_parse(nlh, sizeof(*tcm), attrs_note, &attrs);
	if (tcm->tcm_handle != ATTACH_TC_HANDLE || !attr_is_str(attrs.at[TCA_KIND], "bpf")) {
		survey_ahead(survey, tcm, &attrs);
		return MNL_CB_OK;
	}
	if (survey->n_ours == ARRAY_SIZE(survey->info))
		return MNL_CB_OK;
	survey->info[survey->n_ours++] = tcm->tcm_info;
	if (attrs.at[TCA_OPTIONS])
		mnl_attr_parse_nested(attrs.at[TCA_OPTIONS], attrs_note, &options);
	survey->is_qdisc_ours |= attr_is_str(options.at[TCA_BPF_NAME], NAME_OWNER);
	return MNL_CB_OK;
}

static int survey_hook(struct tc *tc, bool is_egress, struct survey *ret)
{
	*ret = (struct survey){};
	tc_request(tc, RTM_GETTFILTER, NLM_F_DUMP,
		   &(struct tcmsg){ .tcm_parent = parents[is_egress] });
	return tc_run(tc, survey_filter, ret);
}

static int filter_add(struct tc *tc, int prog_fd, bool is_egress, uint32_t priority,
		      const char *name)
{
	struct nlmsghdr *nlh = tc_request(
		tc, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL,
		&(struct tcmsg){ .tcm_parent = parents[is_egress],
				 .tcm_handle = ATTACH_TC_HANDLE,
				 .tcm_info = TC_H_MAKE(priority << 16, htons(ETH_P_ALL)) });
	struct nlattr *options;

	mnl_attr_put_strz(nlh, TCA_KIND, "bpf");
	options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
	mnl_attr_put_u32(nlh, TCA_BPF_FD, (uint32_t)prog_fd);
	mnl_attr_put_strz(nlh, TCA_BPF_NAME, name);
	mnl_attr_put_u32(nlh, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(nlh, options);
	return tc_run(tc, NULL, NULL);
}

static int filter_remove(struct tc *tc, bool is_egress, uint32_t info)
{
	struct nlmsghdr *nlh = tc_request(tc, RTM_DELTFILTER, 0,
					  &(struct tcmsg){ .tcm_parent = parents[is_egress],
							   .tcm_handle = ATTACH_TC_HANDLE,
							   .tcm_info = info });

	mnl_attr_put_strz(nlh, TCA_KIND, "bpf");
	return tc_run(tc, NULL, NULL);
}

/* Removes our filters from a hook; how many. */
static int hook_clean(struct tc *tc, bool is_egress, bool *is_qdisc_ours)
{
	struct survey survey;
	int n = 0;
	int r = survey_hook(tc, is_egress, &survey);

	if (r < 0)
		return r;
	*is_qdisc_ours |= survey.is_qdisc_ours;
	for (unsigned int i = 0; i < survey.n_ours; i++) {
		r = filter_remove(tc, is_egress, survey.info[i]);
		if (r < 0 && r != -ENOENT)
			return r;
		n += r == 0;
	}
	return n;
}

/*
 * There is no "remove if empty": what somebody adds between the look and the removal goes with
 * the qdisc. Both are a few microseconds apart.
 */
static int qdisc_remove_if_empty(struct tc *tc)
{
	struct survey survey;

	for (unsigned int is_egress = 0; is_egress < ARRAY_SIZE(parents); is_egress++) {
		int r = survey_hook(tc, is_egress, &survey);

		if (r < 0 || survey.n_messages > 0)
			return r;
	}
	return qdisc_remove(tc);
}

/* A hook's first free priority from its end. -EINVAL: a classifier of another kind is there. */
static int filter_add_at_end(struct tc *tc, int prog_fd, bool is_egress, const char *name)
{
	int r = -EINVAL;

	for (uint32_t i = 0; i < PRIORITY_TRIES && r == -EINVAL; i++)
		r = filter_add(tc, prog_fd, is_egress,
			       is_egress ? PRIORITY_LAST - i : PRIORITY_FIRST + i, name);
	return r;
}

/* The qdisc, made if there is none. *ret_is_ours: by us, now or when we came to the other hook. */
static int qdisc_ensure(struct tc *tc, bool is_egress, bool *ret_is_ours)
{
	struct survey other = {};
	enum qdisc qdisc;
	int r = qdisc_make(tc);

	*ret_is_ours = r == 0;
	if (r != -EEXIST)
		return r;
	r = qdisc_get(tc, &qdisc);
	if (r == 0 && qdisc == QDISC_INGRESS && is_egress)
		r = -EBUSY;
	if (r == 0 && qdisc == QDISC_CLSACT)
		r = survey_hook(tc, !is_egress, &other);
	*ret_is_ours = other.is_qdisc_ours;
	return r;
}

int attach_clsact(struct attachment *ret, int prog_fd, uint32_t ifindex, bool is_egress)
{
	auto_tc struct tc tc = {};
	bool is_qdisc_ours = false;
	int r = tc_open(&tc, ifindex);

	if (r == 0)
		r = qdisc_ensure(&tc, is_egress, &is_qdisc_ours);
	if (r == 0)
		r = hook_clean(&tc, is_egress, &is_qdisc_ours);
	if (r < 0)
		return r;
	r = filter_add_at_end(&tc, prog_fd, is_egress, is_qdisc_ours ? NAME_OWNER : NAME_GUEST);
	if (r < 0) {
		if (is_qdisc_ours)
			(void)qdisc_remove_if_empty(&tc);
		return r;
	}
	*ret = (struct attachment){ .kind = ATTACH_CLSACT,
				    .is_egress = is_egress,
				    .made_qdisc = is_qdisc_ours,
				    .ifindex = ifindex,
				    .link_fd = -1 };
	return 0;
}

/* Cleans the hooks first to last, then the qdisc if it was ours; how many filters. */
static int clsact_clean(uint32_t ifindex, unsigned int first, unsigned int last)
{
	auto_tc struct tc tc = {};
	bool is_qdisc_ours = false;
	enum qdisc qdisc = QDISC_NONE;
	int n = 0;
	int r = tc_open(&tc, ifindex);

	if (r == 0)
		r = qdisc_get(&tc, &qdisc);
	if (qdisc == QDISC_NONE)
		return r;
	if (qdisc == QDISC_INGRESS)
		last = 0;
	for (unsigned int hook = first; hook <= last && r >= 0; hook++) {
		r = hook_clean(&tc, hook, &is_qdisc_ours);
		n += r > 0 ? r : 0;
	}
	if (r >= 0 && is_qdisc_ours)
		r = qdisc_remove_if_empty(&tc);
	return r < 0 ? r : n;
}

int attach_clsact_remove(uint32_t ifindex, bool is_egress)
{
	return clsact_clean(ifindex, is_egress, is_egress);
}

int attach_clsact_look(struct attach_sight *ret, const struct attachment *attachment)
{
	auto_tc struct tc tc = {};
	struct survey survey = {};
	int r = tc_open(&tc, attachment->ifindex);

	if (r == 0)
		r = survey_hook(&tc, attachment->is_egress, &survey);
	if (r < 0)
		return r;
	ret->is_there = survey.n_ours > 0;
	if (ret->is_there)
		ret->ahead = survey.ahead;
	return 0;
}

int attach_clean_stale(uint32_t ifindex)
{
	return clsact_clean(ifindex, 0, ARRAY_SIZE(parents) - 1);
}
