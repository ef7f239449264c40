/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_dmi.c - what the firmware's strings say. A vendor alone proves nothing: Google,
 * Microsoft, Oracle, Nutanix, Hetzner and Amazon also put their names on real machines. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "virt/read.h"

enum { TABLE_MOST = 256 * 1024, NAME_MOST = 64 };

/* Vendor and product as structure 1 has them, whole; NULL: any. */
static const struct product {
	const char *vendor;
	const char *product;
	enum claim claim;
	enum sign_weight weight;
	const char *cloud; /* NULL: none */
} products[] = {
	{NULL, "HVM domU", CLAIM_XEN_HVM, SIGN_PROOF, NULL},
	{"innotek GmbH", "VirtualBox", CLAIM_VIRTUALBOX, SIGN_PROOF, NULL},
	{NULL, "VirtualBox", CLAIM_VIRTUALBOX, SIGN_PROOF, NULL},
	{"Parallels Software International Inc.", NULL, CLAIM_PARALLELS, SIGN_PROOF,
	 NULL},
	{"Parallels International GmbH.", NULL, CLAIM_PARALLELS, SIGN_PROOF, NULL},
	{NULL, "Parallels Virtual Platform", CLAIM_PARALLELS, SIGN_PROOF, NULL},
	{NULL, "BHYVE", CLAIM_BHYVE, SIGN_PROOF, NULL},
	{"Cloud Hypervisor", NULL, CLAIM_CLOUD_HYPERVISOR, SIGN_PROOF, NULL},
	{NULL, "crosvm", CLAIM_CROSVM, SIGN_PROOF, NULL},
	{"VMware, Inc.", "VMware Virtual Platform", CLAIM_VMWARE, SIGN_PROOF, NULL},
	{"VMware, Inc.", "VMware7,1", CLAIM_VMWARE, SIGN_PROOF, NULL},
	{"VMware, Inc.", NULL, CLAIM_VMWARE, SIGN_STRONG, NULL},
	{"Microsoft Corporation", "Virtual Machine", CLAIM_HYPERV, SIGN_STRONG, NULL},
	{"Apple Inc.", "Apple Virtualization Generic Platform", CLAIM_APPLE, SIGN_PROOF,
	 NULL},
	{"Nutanix", "AHV", CLAIM_AHV, SIGN_STRONG, NULL},
	{"Red Hat", "KVM", CLAIM_KVM, SIGN_STRONG, NULL},
	{"Red Hat", "RHEV Hypervisor", CLAIM_KVM, SIGN_STRONG, NULL},
	{"Red Hat", "OpenStack Compute", CLAIM_KVM, SIGN_STRONG, "openstack"},
	{"oVirt", NULL, CLAIM_KVM, SIGN_STRONG, NULL},
	{"OpenStack Foundation", "OpenStack Nova", CLAIM_KVM, SIGN_WEAK, "openstack"},
	{"RDO", "OpenStack Compute", CLAIM_KVM, SIGN_WEAK, "openstack"},
	{NULL, "OpenStack Nova", CLAIM_KVM, SIGN_WEAK, "openstack"},
	{NULL, "OpenStack Compute", CLAIM_KVM, SIGN_WEAK, "openstack"},
	{"Google", "Google Compute Engine", CLAIM_KVM, SIGN_WEAK, "gce"},
	{"Alibaba Cloud", "Alibaba Cloud ECS", CLAIM_KVM, SIGN_WEAK, "alibaba"},
	{"DigitalOcean", "Droplet", CLAIM_KVM, SIGN_STRONG, "digitalocean"},
	{"Hetzner", "vServer", CLAIM_KVM, SIGN_STRONG, "hetzner"},
	{"Tencent Cloud", "CVM", CLAIM_KVM, SIGN_STRONG, "tencent"},
	{"Linode", "Compute Instance", CLAIM_KVM, SIGN_STRONG, "linode"},
	{"Joyent", "SmartDC HVM", CLAIM_KVM, SIGN_STRONG, NULL},
	{NULL, "KVM", CLAIM_KVM, SIGN_STRONG, NULL},
	{"KVM", NULL, CLAIM_KVM, SIGN_STRONG, NULL},
	/* hw/arm/virt.c writes this under KVM, and "QEMU Virtual Machine" otherwise */
	{"QEMU", "KVM Virtual Machine", CLAIM_KVM, SIGN_STRONG, NULL},
	{"QEMU", NULL, CLAIM_QEMU, SIGN_STRONG, NULL},
	{"Bochs", "Bochs", CLAIM_QEMU, SIGN_STRONG, NULL},
};

static bool is_filled(const char *text)
{
	return text != NULL && text[0] != '\0' && strcmp(text, "<BAD INDEX>") != 0 &&
	       strcmp(text, "Not Specified") != 0;
}

static bool is_equal(const char *wanted, const char *text)
{
	return wanted == NULL || (text != NULL && strcmp(wanted, text) == 0);
}

/* Azure and Oracle's cloud mark the chassis; an asset tag cannot be chosen by a guest. */
static const struct {
	const char *tag;
	const char *cloud;
} asset_tags[] = {
	{"7783-7084-3265-9085-8269-3286-77", "azure"},
	{"OracleCloud.com", "oracle"},
};

static bool add_product(const struct product *product, const char *source,
			const char *line, struct signs *out)
{
	signs_add(out, product->claim, product->weight, source, line, NULL);
	if (product->cloud != NULL)
		signs_add(out, CLAIM_CLOUD, SIGN_STRONG, source, line, product->cloud);
	return true;
}

/* Amazon's vendor name stands on virtual machines and on whole ones; the product is the
 * instance type, "c5.large" or "c5.metal". */
static void add_amazon(const char *product, const char *source, const char *line,
		       struct signs *out)
{
	const bool is_metal = strstr(product, ".metal") != NULL;

	signs_add(out, CLAIM_CLOUD, SIGN_STRONG, source, line, "ec2");
	if (is_metal)
		signs_add(out, CLAIM_METAL, SIGN_STRONG, source, line, product);
	else if (product[0] != '\0')
		signs_add(out, CLAIM_KVM, SIGN_WEAK, source, line, NULL);
}

static bool add_xen_version(const char *version, const char *source, const char *line,
			    struct signs *out)
{
	if (version == NULL || !isdigit((unsigned char)version[0]))
		return false;
	signs_add(out, CLAIM_XEN, SIGN_STRONG, source, line, version);
	if (strstr(version, ".amazon") != NULL)
		signs_add(out, CLAIM_CLOUD, SIGN_STRONG, source, line, "ec2");
	return true;
}

static bool match_products(const struct dmi *dmi, const char *source, const char *line,
			   struct signs *out)
{
	const char *vendor = dmi->sys_vendor, *product = dmi->product_name;
	size_t i;

	if (is_equal("BHYVE", dmi->bios_vendor))
		signs_add(out, CLAIM_BHYVE, SIGN_PROOF, source, line, NULL);
	for (i = 0; i < sizeof(products) / sizeof(products[0]); i++)
		if (is_equal(products[i].vendor, vendor) &&
		    is_equal(products[i].product, product))
			return add_product(&products[i], source, line, out);
	if (is_equal("QEMU", dmi->chassis_vendor)) {
		signs_add(out, CLAIM_QEMU, SIGN_STRONG, source, line, NULL);
		return true;
	}
	if (vendor != NULL && strcmp(vendor, "HITACHI") == 0 && product != NULL &&
	    strstr(product, " LPAR") != NULL) {
		signs_add(out, CLAIM_VIRTAGE, SIGN_STRONG, source, line, NULL);
		return true;
	}
	return is_equal("BHYVE", dmi->bios_vendor);
}

static void add_asset_tag(const struct dmi *dmi, const char *source, struct signs *out)
{
	size_t i;

	for (i = 0; i < sizeof(asset_tags) / sizeof(asset_tags[0]); i++)
		if (is_equal(asset_tags[i].tag, dmi->chassis_asset_tag))
			signs_add(out, CLAIM_CLOUD, SIGN_STRONG, source,
				  dmi->chassis_asset_tag, asset_tags[i].cloud);
}

void dmi_signs(const struct dmi *dmi, const char *source, struct signs *out)
{
	autostr struct str line = STR_EMPTY;

	if (!is_filled(dmi->sys_vendor) && !is_filled(dmi->product_name) &&
	    !is_filled(dmi->bios_vendor) && !dmi->has_vm_bit)
		return;
	str_addf(&line, "%s | %s | BIOS %s %s",
		 dmi->sys_vendor != NULL ? dmi->sys_vendor : "(no vendor)",
		 dmi->product_name != NULL ? dmi->product_name : "(no product)",
		 dmi->bios_vendor != NULL ? dmi->bios_vendor : "(no vendor)",
		 dmi->bios_version != NULL ? dmi->bios_version : "");
	signs_add(out, CLAIM_FIRMWARE, SIGN_STRONG, source, line.bytes, NULL);
	if (dmi->is_vm_bit_known && dmi->has_vm_bit)
		signs_add(out, CLAIM_VM_BIT, SIGN_WEAK, source,
			  "SMBIOS: System is a virtual machine", NULL);
	add_asset_tag(dmi, source, out);
	if (is_equal("Amazon EC2", dmi->sys_vendor))
		add_amazon(dmi->product_name != NULL ? dmi->product_name : "", source,
			   line.bytes, out);
	else if (match_products(dmi, source, line.bytes, out))
		; /* a virtual machine's */
	else if (is_filled(dmi->sys_vendor) || is_filled(dmi->board_vendor))
		signs_add(out, CLAIM_REAL_MACHINE, SIGN_WEAK, source, line.bytes,
			  is_filled(dmi->product_name) ? dmi->product_name : NULL);
	if (is_equal("Xen", dmi->bios_vendor) || is_equal("HVM domU", dmi->product_name))
		(void)add_xen_version(
			is_equal("Xen", dmi->bios_vendor) ? dmi->bios_version : NULL,
			source, line.bytes, out);
}

/* Whether "VENDOR PRODUCT" begins @text and ends there, or a product of any vendor stands
 * in it before its board or BIOS. */
static bool fits_line(const struct product *product, const char *text)
{
	char wanted[2 * NAME_MOST];
	const char *found = text;
	size_t length;

	if (product->vendor != NULL && product->product != NULL)
		(void)snprintf(wanted, sizeof(wanted), "%s %s", product->vendor,
			       product->product);
	else if (product->vendor != NULL)
		(void)snprintf(wanted, sizeof(wanted), "%s ", product->vendor);
	else
		(void)snprintf(wanted, sizeof(wanted), " %s", product->product);
	length = strlen(wanted);
	if (product->vendor != NULL)
		found = strncmp(text, wanted, length) == 0 ? text : NULL;
	else
		found = strstr(text, wanted);
	if (found == NULL || product->product == NULL)
		return found != NULL;
	return found[length] == '\0' || strchr("/,", found[length]) != NULL;
}

/* "BIOS VERSION DATE" at the end. Returns the version, which the caller frees. */
static char *bios_of_line(const char *text)
{
	const char *bios = strstr(text, "BIOS ");

	return bios != NULL ? strndup(bios + 5, strcspn(bios + 5, " ")) : NULL;
}

void dmi_line_signs(const char *text, const char *source, struct signs *out)
{
	autofree char *version = bios_of_line(text);
	autofree char *product = NULL;
	size_t i;

	signs_add(out, CLAIM_FIRMWARE, SIGN_STRONG, source, text, NULL);
	if (strncmp(text, "Amazon EC2 ", 11) == 0) {
		product = strndup(text + 11, strcspn(text + 11, "/,"));
		add_amazon(product != NULL ? product : "", source, text, out);
		return;
	}
	for (i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
		if (!fits_line(&products[i], text))
			continue;
		(void)add_product(&products[i], source, text, out);
		if (products[i].claim == CLAIM_XEN_HVM)
			(void)add_xen_version(version, source, text, out);
		return;
	}
	if (isalnum((unsigned char)text[strspn(text, " ")]))
		signs_add(out, CLAIM_REAL_MACHINE, SIGN_WEAK, source, text, NULL);
}

void dmi_clear(struct dmi *dmi)
{
	char **texts[] = {
		&dmi->bios_vendor,  &dmi->bios_version,	     &dmi->bios_date,
		&dmi->sys_vendor,   &dmi->product_name,	     &dmi->product_version,
		&dmi->board_vendor, &dmi->board_name,	     &dmi->chassis_vendor,
		&dmi->chassis_type, &dmi->chassis_asset_tag,
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(*texts[i]);
	*dmi = (struct dmi){0};
}

/* The first of several equal structures counts, as in the kernel. */
static void keep(char **place, const char *text, size_t length)
{
	char *copy;

	if (*place != NULL)
		return;
	copy = strndup(text, length);
	*place = copy != NULL ? str_trim_end(copy) : NULL;
}

/* Which string of which structure goes where: the offset of its number. */
static const struct {
	unsigned char type, offset;
	size_t place;
} table_strings[] = {
	{0, 4, offsetof(struct dmi, bios_vendor)},
	{0, 5, offsetof(struct dmi, bios_version)},
	{0, 8, offsetof(struct dmi, bios_date)},
	{1, 4, offsetof(struct dmi, sys_vendor)},
	{1, 5, offsetof(struct dmi, product_name)},
	{1, 6, offsetof(struct dmi, product_version)},
	{2, 4, offsetof(struct dmi, board_vendor)},
	{2, 5, offsetof(struct dmi, board_name)},
	{3, 4, offsetof(struct dmi, chassis_vendor)},
	{3, 8, offsetof(struct dmi, chassis_asset_tag)},
};

static void keep_string(const unsigned char *strings, size_t length, unsigned number,
			char **place)
{
	const unsigned char *end;

	for (; number > 1 && length > 0; number--) {
		end = memchr(strings, '\0', length);
		if (end == NULL)
			return;
		length -= (size_t)(end - strings) + 1;
		strings = end + 1;
	}
	end = length > 0 ? memchr(strings, '\0', length) : NULL;
	if (number == 1 && end != NULL && end != strings)
		keep(place, (const char *)strings, (size_t)(end - strings));
}

static void decode_structure(const unsigned char *bytes, size_t formatted, size_t strings,
			     struct dmi *out)
{
	size_t i;

	/* byte 19 of structure 0, bit 4; there since SMBIOS 2.4 */
	if (bytes[0] == 0 && formatted > 19 && !out->is_vm_bit_known) {
		out->is_vm_bit_known = true;
		out->has_vm_bit = (bytes[19] & 16) != 0;
	}
	for (i = 0; i < sizeof(table_strings) / sizeof(table_strings[0]); i++) {
		if (table_strings[i].type != bytes[0] ||
		    table_strings[i].offset >= formatted)
			continue;
		keep_string(bytes + formatted, strings, bytes[table_strings[i].offset],
			    (char **)(void *)((char *)out + table_strings[i].place));
	}
}

void dmi_decode_table(const unsigned char *bytes, size_t length, struct dmi *out)
{
	size_t formatted, end;

	while (length >= 4) {
		formatted = bytes[1];
		if (bytes[0] == 127 || formatted < 4 || formatted > length)
			return;
		/* the strings end in two NULs, also when there are none */
		for (end = formatted; end + 1 < length; end++)
			if (bytes[end] == '\0' && bytes[end + 1] == '\0')
				break;
		if (end + 1 >= length)
			return;
		decode_structure(bytes, formatted, end + 1 - formatted, out);
		bytes += end + 2;
		length -= end + 2;
	}
}

/* Headings and labels of dmidecode. */
static const struct {
	const char *heading;
	const char *label;
	size_t place;
} text_strings[] = {
	{"BIOS Information", "Vendor", offsetof(struct dmi, bios_vendor)},
	{"BIOS Information", "Version", offsetof(struct dmi, bios_version)},
	{"BIOS Information", "Release Date", offsetof(struct dmi, bios_date)},
	{"System Information", "Manufacturer", offsetof(struct dmi, sys_vendor)},
	{"System Information", "Product Name", offsetof(struct dmi, product_name)},
	{"System Information", "Version", offsetof(struct dmi, product_version)},
	{"Base Board Information", "Manufacturer", offsetof(struct dmi, board_vendor)},
	{"Base Board Information", "Product Name", offsetof(struct dmi, board_name)},
	{"Chassis Information", "Manufacturer", offsetof(struct dmi, chassis_vendor)},
	{"Chassis Information", "Type", offsetof(struct dmi, chassis_type)},
	{"Chassis Information", "Asset Tag", offsetof(struct dmi, chassis_asset_tag)},
};

static void decode_line(const char *heading, const char *line, size_t length,
			struct dmi *out)
{
	size_t i, label;

	for (i = 0; i < sizeof(text_strings) / sizeof(text_strings[0]); i++) {
		label = strlen(text_strings[i].label);
		if (strcmp(heading, text_strings[i].heading) != 0 ||
		    strncmp(line, text_strings[i].label, label) != 0 ||
		    line[label] != ':')
			continue;
		line += label + 1;
		length -= label + 1;
		while (length > 0 && *line == ' ') {
			line++;
			length--;
		}
		keep((char **)(void *)((char *)out + text_strings[i].place), line,
		     length);
		return;
	}
}

void dmi_decode_text(const char *text, struct dmi *out)
{
	char heading[NAME_MOST] = "";
	const char *line = text, *end, *start;

	for (; *line != '\0'; line = *end == '\n' ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		start = line + strspn(line, " \t");
		if (start == line && (size_t)(end - line) < sizeof(heading)) {
			memcpy(heading, line, (size_t)(end - line));
			heading[end - line] = '\0';
			(void)str_trim_end(heading);
		} else if (strcmp(heading, "BIOS Information") == 0 &&
			   strncmp(start, "System is a virtual machine", 27) == 0) {
			out->has_vm_bit = true;
			out->is_vm_bit_known = true;
		} else if (start < end) {
			decode_line(heading, start, (size_t)(end - start), out);
		}
	}
}

/* Files of /sys/class/dmi/id, without those that name one machine. */
static const struct {
	const char *path;
	size_t place;
} id_files[] = {
	{"/sys/class/dmi/id/sys_vendor", offsetof(struct dmi, sys_vendor)},
	{"/sys/class/dmi/id/product_name", offsetof(struct dmi, product_name)},
	{"/sys/class/dmi/id/product_version", offsetof(struct dmi, product_version)},
	{"/sys/class/dmi/id/bios_vendor", offsetof(struct dmi, bios_vendor)},
	{"/sys/class/dmi/id/bios_version", offsetof(struct dmi, bios_version)},
	{"/sys/class/dmi/id/bios_date", offsetof(struct dmi, bios_date)},
	{"/sys/class/dmi/id/board_vendor", offsetof(struct dmi, board_vendor)},
	{"/sys/class/dmi/id/board_name", offsetof(struct dmi, board_name)},
	{"/sys/class/dmi/id/chassis_vendor", offsetof(struct dmi, chassis_vendor)},
	{"/sys/class/dmi/id/chassis_type", offsetof(struct dmi, chassis_type)},
	{"/sys/class/dmi/id/chassis_asset_tag", offsetof(struct dmi, chassis_asset_tag)},
};

static void read_vm_bit(const struct place *place, struct dmi *dmi, struct signs *out)
{
	static const char path[] = "/sys/firmware/dmi/entries/0-0/raw";
	autostr struct str raw = STR_EMPTY;
	struct dmi first = {0};
	struct error err = {0};
	char text[512];

	if (place_read(place, path, 4096, &raw, &err) != 0) {
		if (place->root < 0)
			signs_add_unread(out, path, error_text(&err, text, sizeof(text)));
		return;
	}
	str_add_bytes(&raw, "\0", 2);
	dmi_decode_table((const unsigned char *)raw.bytes, raw.length, &first);
	dmi->has_vm_bit = first.has_vm_bit;
	dmi->is_vm_bit_known = first.is_vm_bit_known;
	dmi_clear(&first);
}

/* A tag that is a company's own number is not kept; those of clouds are. */
static void save_asset_tag(const struct place *place, const char *path, const char *tag)
{
	size_t i;

	for (i = 0; i < sizeof(asset_tags) / sizeof(asset_tags[0]); i++)
		if (is_equal(asset_tags[i].tag, tag))
			place_save(place, path, tag, strlen(tag));
}

static bool read_id_files(const struct place *place, struct dmi *dmi, struct signs *out)
{
	struct place quiet = *place;
	size_t i;

	if (!place_has(place, "/sys/class/dmi/id"))
		return false;
	if (!place->is_raw)
		quiet.save = -1;
	for (i = 0; i < sizeof(id_files) / sizeof(id_files[0]); i++) {
		const bool is_tag =
			id_files[i].place == offsetof(struct dmi, chassis_asset_tag);
		char *line = place_line(is_tag ? &quiet : place, id_files[i].path);

		*(char **)(void *)((char *)dmi + id_files[i].place) = line;
		if (is_tag)
			save_asset_tag(place, id_files[i].path, line);
	}
	read_vm_bit(place, dmi, out);
	return true;
}

static void read_dmi(const struct place *place, struct signs *out)
{
	static const char table[] = "/sys/firmware/dmi/tables/DMI";
	autostr struct str text = STR_EMPTY;
	const char *source = "/sys/class/dmi/id";
	struct dmi dmi = {0};

	if (read_id_files(place, &dmi, out)) {
		;
	} else if (place->root >= 0 &&
		   place_read(place, table, TABLE_MOST, &text, NULL) == 0) {
		source = table;
		dmi_decode_table((const unsigned char *)text.bytes, text.length, &dmi);
	} else if (place->root >= 0 &&
		   place_read(place, PLACE_DMIDECODE, TABLE_MOST, &text, NULL) == 0) {
		source = PLACE_DMIDECODE;
		dmi_decode_text(text.bytes, &dmi);
	}
	dmi_signs(&dmi, source, out);
	dmi_clear(&dmi);
}

const struct reader reader_dmi = {"dmi", read_dmi};
