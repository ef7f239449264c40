/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "sys/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/own.h"

enum {
	ANSWER_BYTES = 32768, /* the kernel makes messages of at most 32 KiB */
	HEADER_BYTES = sizeof(struct nlmsghdr),
	ALIGN = 4, /* of messages and attributes */
	ANSWERS_MOST = 100000,
	MAC_BYTES = 6,
	KIND_MOST = 64,
	PROTO_KERNEL_RA = 2, /* IFAPROT_KERNEL_RA, Linux 5.18 */
	ATTRIBUTE_PROTO = 11 /* IFA_PROTO */
};

/* The attributes of a message by their numbers; NULL where there is none. */
struct attributes {
	const struct rtattr *list[KIND_MOST];
};

static size_t aligned(size_t length)
{
	return (length + ALIGN - 1) / ALIGN * ALIGN;
}

/* What stands behind a message's header. */
static const void *body_of(const struct nlmsghdr *message)
{
	return (const char *)message + HEADER_BYTES;
}

static void find_attributes(const struct nlmsghdr *message, size_t header,
			    struct attributes *out)
{
	const char *bytes = body_of(message);
	size_t at = aligned(header), end = message->nlmsg_len - HEADER_BYTES;

	*out = (struct attributes){0};
	while (at + sizeof(struct rtattr) <= end) {
		const struct rtattr *attribute = (const void *)(bytes + at);
		const unsigned kind = attribute->rta_type & (unsigned)NLA_TYPE_MASK;

		if (attribute->rta_len < sizeof(*attribute) ||
		    attribute->rta_len > end - at)
			return;
		if (kind < KIND_MOST)
			out->list[kind] = attribute;
		at += aligned(attribute->rta_len);
	}
}

/* @length: bytes that it must have. Returns: what it holds, or NULL */
static const void *value_of(const struct attributes *attributes, unsigned kind,
			    size_t length)
{
	const struct rtattr *attribute = attributes->list[kind];

	if (attribute == NULL || attribute->rta_len < sizeof(*attribute) + length)
		return NULL;
	return attribute + 1;
}

static uint32_t number_of(const struct attributes *attributes, unsigned kind)
{
	const void *value = value_of(attributes, kind, sizeof(uint32_t));
	uint32_t number = 0;

	if (value != NULL)
		memcpy(&number, value, sizeof(number));
	return number;
}

/* A text of an attribute is a name that the kernel allows: no blanks in it. */
static void take_link(const struct nlmsghdr *message, struct str *out)
{
	const struct ifinfomsg *info = body_of(message);
	struct attributes attributes;
	const unsigned char *mac;
	const char *name;

	find_attributes(message, sizeof(*info), &attributes);
	mac = value_of(&attributes, IFLA_ADDRESS, MAC_BYTES);
	name = value_of(&attributes, IFLA_IFNAME, 2);
	if (info->ifi_type != ARPHRD_ETHER || mac == NULL || name == NULL)
		return;
	str_addf(out, "link %d %s %02x:%02x:%02x:%02x:%02x:%02x %u\n", info->ifi_index,
		 name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
		 number_of(&attributes, IFLA_MTU));
}

/* @value: of the family's length. Returns: whether it is an address to carry over */
static bool address_text(int family, const void *value, char out[INET6_ADDRSTRLEN])
{
	const unsigned char *bytes = value;

	if (family != AF_INET && family != AF_INET6)
		return false;
	if (family == AF_INET6 && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80)
		return false; /* link-local */
	return inet_ntop(family, value, out, INET6_ADDRSTRLEN) != NULL;
}

static size_t length_of(int family)
{
	return family == AF_INET ? 4 : 16;
}

static const char *origin_of(const struct ifaddrmsg *info,
			     const struct attributes *attributes)
{
	const unsigned char *proto = value_of(attributes, ATTRIBUTE_PROTO, 1);
	uint32_t flags = number_of(attributes, IFA_FLAGS);

	if (attributes->list[IFA_FLAGS] == NULL)
		flags = info->ifa_flags;
	if ((proto != NULL && *proto == PROTO_KERNEL_RA) ||
	    (flags & IFA_F_MANAGETEMPADDR) != 0)
		return "kernel-ra";
	return (flags & IFA_F_PERMANENT) != 0 ? "permanent" : "lease";
}

static void take_address(const struct nlmsghdr *message, struct str *out)
{
	const struct ifaddrmsg *info = body_of(message);
	const size_t length = length_of(info->ifa_family);
	struct attributes attributes;
	char text[INET6_ADDRSTRLEN];
	const void *value;

	find_attributes(message, sizeof(*info), &attributes);
	value = value_of(&attributes, IFA_LOCAL, length);
	if (value == NULL)
		value = value_of(&attributes, IFA_ADDRESS, length);
	if (value != NULL && info->ifa_scope != RT_SCOPE_HOST &&
	    address_text(info->ifa_family, value, text))
		str_addf(out, "address %u %s/%u %s\n", info->ifa_index, text,
			 info->ifa_prefixlen, origin_of(info, &attributes));
}

static const char *protocol_name(unsigned protocol)
{
	switch (protocol) {
	case RTPROT_DHCP:
		return "dhcp";
	case RTPROT_RA:
		return "ra";
	case RTPROT_BOOT:
	case RTPROT_STATIC:
		return "static";
	case RTPROT_KERNEL:
		return "kernel";
	default:
		return "other";
	}
}

static void take_route(const struct nlmsghdr *message, struct str *out)
{
	const struct rtmsg *info = body_of(message);
	const size_t length = length_of(info->rtm_family);
	char to[INET6_ADDRSTRLEN], via[INET6_ADDRSTRLEN] = "-";
	struct attributes attributes;
	const void *value;

	find_attributes(message, sizeof(*info), &attributes);
	if (info->rtm_type != RTN_UNICAST || info->rtm_table != RT_TABLE_MAIN ||
	    attributes.list[RTA_OIF] == NULL)
		return;
	value = value_of(&attributes, RTA_GATEWAY, length);
	if (value != NULL && inet_ntop(info->rtm_family, value, via, sizeof(via)) == NULL)
		return;
	value = value_of(&attributes, RTA_DST, length);
	if (info->rtm_dst_len != 0 &&
	    (value == NULL || !address_text(info->rtm_family, value, to)))
		return;
	str_addf(out, "route %u ", number_of(&attributes, RTA_OIF));
	if (info->rtm_dst_len == 0)
		str_add(out, "default");
	else
		str_addf(out, "%s/%u", to, info->rtm_dst_len);
	str_addf(out, " %s %s %s\n", via,
		 (info->rtm_flags & RTNH_F_ONLINK) != 0 ? "on-link" : "-",
		 protocol_name(info->rtm_protocol));
}

static int ask(int fd, unsigned short type, unsigned char family, struct error *err)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	const struct {
		struct nlmsghdr header;
		struct ifinfomsg info; /* the longest; all begin with the family */
	} question = {
		.header = {.nlmsg_len = sizeof(question),
			   .nlmsg_type = type,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.info = {.ifi_family = family},
	};

	if (sendto(fd, &question, sizeof(question), 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return error_sys(err, "ask for the network");
	return 0;
}

/* What a kind of message is, and what takes it. */
static const struct dump {
	unsigned short question, answer;
	unsigned char family;
	void (*take)(const struct nlmsghdr *message, struct str *out);
	size_t header;
} dumps[] = {
	{RTM_GETLINK, RTM_NEWLINK, AF_UNSPEC, take_link, sizeof(struct ifinfomsg)},
	{RTM_GETADDR, RTM_NEWADDR, AF_UNSPEC, take_address, sizeof(struct ifaddrmsg)},
	{RTM_GETROUTE, RTM_NEWROUTE, AF_INET, take_route, sizeof(struct rtmsg)},
	{RTM_GETROUTE, RTM_NEWROUTE, AF_INET6, take_route, sizeof(struct rtmsg)},
};

/* Returns: 1 when the list is over, 0 when more comes, -1 with errno set */
static int take_messages(const struct dump *dump, const char *bytes, size_t length,
			 struct str *out)
{
	size_t at = 0;

	while (length - at >= HEADER_BYTES) {
		const struct nlmsghdr *message = (const void *)(bytes + at);

		if (message->nlmsg_len < HEADER_BYTES || message->nlmsg_len > length - at)
			return 0;
		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		if (message->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *problem = body_of(message);

			errno = problem->error != 0 ? -problem->error : EPROTO;
			return -1;
		}
		if (message->nlmsg_type == dump->answer &&
		    message->nlmsg_len >= HEADER_BYTES + dump->header)
			dump->take(message, out);
		if (aligned(message->nlmsg_len) > length - at)
			return 0;
		at += aligned(message->nlmsg_len);
	}
	return 0;
}

static int run_dump(int fd, const struct dump *dump, struct str *out, struct error *err)
{
	autofree char *bytes = mem_zero(ANSWER_BYTES, 1);
	int state = 0, i;
	ssize_t length;

	if (ask(fd, dump->question, dump->family, err) != 0)
		return -1;
	for (i = 0; i < ANSWERS_MOST && state == 0; i++) {
		length = recv(fd, bytes, ANSWER_BYTES, 0);
		state = length < 0 ? -1 : take_messages(dump, bytes, (size_t)length, out);
	}
	if (state < 0)
		return error_sys(err, "read the network");
	return 0;
}

int sys_network_text(struct str *out, struct error *err)
{
	const struct timeval patience = {.tv_sec = 2};
	autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	autostr struct str text = STR_EMPTY;
	size_t i;

	if (fd < 0)
		return error_sys(err, "open the route socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++)
		if (run_dump(fd, &dumps[i], &text, err) != 0)
			return -1;
	str_add(out, text.bytes);
	return 0;
}
