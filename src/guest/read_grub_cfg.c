/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_grub_cfg.c - GRUB 2's menu out of grub.cfg. Source: GRUB manual, "Writing full
 * configuration files directly" and "The list of command-line and menu entry commands". */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/grub_script.h"
#include "guest/parse.h"
#include "guest/text.h"

enum {
	FRAMES_MOST = 64,
	ITEMS_MOST = 2000,
	WORDS_IN_ALL = 16 << 20, /* bytes of all words with their variables */
};

/* What a "}" or a "fi" ends. */
enum frame_kind { FRAME_IF, FRAME_ENTRY, FRAME_SUBMENU, FRAME_BLOCK };

struct frame {
	enum frame_kind kind;
	bool is_active; /* its commands count */
	bool is_taken;	/* a branch of this "if" was */
	bool is_outer_active;
	int item; /* that it is of; -1: none */
};

/* An entry or a submenu, in the order of the menu. */
struct item {
	int parent; /* -1: the main menu */
	int entry;  /* index into the loader's; -1: a submenu */
	char *title, *id;
};

struct menu {
	struct grub_script script;
	const char *source;
	const struct guest_settings *environment;
	grub_blscfg *blscfg;
	void *data;
	struct guest_loader *loader;
	struct frame frames[FRAMES_MOST];
	size_t frame_count;
	size_t lost_frames; /* that there was no room for */
	struct item *items;
	size_t item_count;
	struct guest_entry entry; /* that is being read */
	bool has_entry;
	char *root; /* of "set root=" and "search" before any entry */
};

static bool is_active(const struct menu *menu)
{
	return menu->frame_count == 0 || menu->frames[menu->frame_count - 1].is_active;
}

static int parent_of(const struct menu *menu)
{
	size_t i;

	for (i = menu->frame_count; i > 0; i--)
		if (menu->frames[i - 1].kind == FRAME_SUBMENU)
			return menu->frames[i - 1].item;
	return -1;
}

static void push(struct menu *menu, enum frame_kind kind, bool active, int item)
{
	const bool is_outer_active = is_active(menu);

	if (menu->frame_count == FRAMES_MOST) {
		menu->lost_frames++;
		return;
	}
	menu->frames[menu->frame_count++] = (struct frame){
		.kind = kind,
		.is_active = active && is_outer_active,
		.is_taken = active,
		.is_outer_active = is_outer_active,
		.item = item,
	};
}

static int add_item(struct menu *menu, const char *title, const char *id, int entry)
{
	if (menu->item_count == ITEMS_MOST)
		return -1;
	menu->items = mem_grow(menu->items, menu->item_count, sizeof(*menu->items));
	menu->items[menu->item_count] = (struct item){
		.parent = parent_of(menu),
		.entry = entry,
		.title = str_copy(title),
		.id = str_copy(id),
	};
	return (int)menu->item_count++;
}

/* The title and the id of menuentry's or submenu's words. */
static void read_names(const struct guest_words *words, const char **out_title,
		       const char **out_id)
{
	static const char *const with_value[] = {"--class", "--users", "--hotkey", "--id",
						 "--source"};
	size_t i, k;

	*out_title = NULL;
	*out_id = NULL;
	for (i = 1; i < words->count; i++) {
		const char *word = words->list[i];

		if (text_starts(word, "--id=")) {
			*out_id = word + strlen("--id=");
			continue;
		}
		for (k = 0; k < sizeof(with_value) / sizeof(with_value[0]); k++)
			if (strcmp(word, with_value[k]) == 0)
				break;
		if (k < sizeof(with_value) / sizeof(with_value[0])) {
			if (i + 1 < words->count && strcmp(word, "--id") == 0)
				*out_id = words->list[i + 1];
			i++;
		} else if (*out_title == NULL && !text_starts(word, "--")) {
			*out_title = word;
		}
	}
}

static void open_block(struct menu *menu, const struct guest_words *words)
{
	const char *verb = words->count > 0 ? words->list[0] : "", *title, *id;
	const bool is_entry = strcmp(verb, "menuentry") == 0;

	read_names(words, &title, &id);
	if (!is_entry && strcmp(verb, "submenu") != 0) {
		push(menu, FRAME_BLOCK, strcmp(verb, "function") != 0, -1);
		return;
	}
	if (!is_active(menu)) {
		push(menu, FRAME_BLOCK, false, -1);
		return;
	}
	if (!is_entry) {
		push(menu, FRAME_SUBMENU, true, add_item(menu, title, id, -1));
		return;
	}
	guest_entry_clear(&menu->entry);
	menu->entry.title = str_copy(title);
	menu->entry.id = str_copy(id);
	menu->has_entry = true;
	push(menu, FRAME_ENTRY, true, -1);
}

static void close_entry(struct menu *menu)
{
	struct guest_entry *entry;

	if (!menu->has_entry)
		return;
	menu->has_entry = false;
	if (menu->entry.device == NULL)
		text_replace(&menu->entry.device, menu->root);
	entry = loader_add_entry(menu->loader, menu->source);
	if (entry == NULL)
		return;
	free(entry->source);
	*entry = menu->entry;
	entry->source = str_copy(menu->source);
	menu->entry = (struct guest_entry){0};
	(void)add_item(menu, entry->title, entry->id, (int)menu->loader->entry_count - 1);
}

static void close_block(struct menu *menu)
{
	enum frame_kind kind;

	if (menu->lost_frames > 0) {
		menu->lost_frames--;
		return;
	}
	while (menu->frame_count > 0) {
		kind = menu->frames[--menu->frame_count].kind;
		if (kind == FRAME_ENTRY)
			close_entry(menu);
		if (kind != FRAME_IF) /* an "if" without "fi" ends with its block */
			return;
	}
}

static void do_set(struct menu *menu, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	autofree char *name = NULL;

	if (equals == NULL || equals == assignment)
		return;
	name = mem_zero((size_t)(equals - assignment) + 1, 1);
	memcpy(name, assignment, (size_t)(equals - assignment));
	grub_set(&menu->script, name, equals + 1);
	if (strcmp(name, "root") == 0)
		text_replace(menu->has_entry ? &menu->entry.device : &menu->root,
			     equals + 1);
}

static void do_load_env(struct menu *menu)
{
	size_t i;

	for (i = 0; menu->environment != NULL && i < menu->environment->count; i++)
		grub_set(&menu->script, menu->environment->list[i].key,
			 menu->environment->list[i].value);
}

/* "search --no-floppy --fs-uuid --set=root UUID": the first word without "--" is looked for. */
static void do_search(struct menu *menu, const struct guest_words *words)
{
	const char *kind = strchr(words->list[0], '.') != NULL
				   ? strchr(words->list[0], '.') + 1
				   : "";
	autostr struct str device = STR_EMPTY;
	size_t i;

	for (i = 1; i < words->count; i++) {
		const char *word = words->list[i];

		if (strcmp(word, "--fs-uuid") == 0 || strcmp(word, "-u") == 0)
			kind = "uuid";
		else if (strcmp(word, "--label") == 0 || strcmp(word, "-l") == 0)
			kind = "label";
		else if (strcmp(word, "--file") == 0 || strcmp(word, "-f") == 0)
			kind = "file";
		else if (strcmp(word, "--set") == 0 && i + 2 < words->count)
			i++; /* the variable's name */
		else if (word[0] != '-')
			break;
	}
	if (i == words->count)
		return;
	if (text_starts(kind, "fs_"))
		kind += strlen("fs_");
	str_addf(&device, "%s=%s", kind[0] != '\0' ? kind : "file", words->list[i]);
	text_replace(menu->has_entry ? &menu->entry.device : &menu->root, device.bytes);
}

static void join_words(const struct guest_words *words, size_t first, struct str *out)
{
	size_t i;

	for (i = first; i < words->count; i++)
		str_addf(out, "%s%s", i > first ? " " : "", words->list[i]);
}

static void do_linux(struct menu *menu, const struct guest_words *words)
{
	autostr struct str arguments = STR_EMPTY;
	size_t first = 1;

	while (first < words->count && text_starts(words->list[first], "--"))
		first++; /* "--unrestricted", "--nounzip" */
	if (!menu->has_entry || first >= words->count)
		return;
	join_words(words, first + 1, &arguments);
	entry_set_command(&menu->entry, words->list[first], arguments.bytes);
}

static void do_initrd(struct menu *menu, const struct guest_words *words)
{
	size_t i;

	for (i = 1; menu->has_entry && i < words->count; i++)
		if (!text_starts(words->list[i], "--"))
			guest_words_add(&menu->entry.initrds, words->list[i],
					strlen(words->list[i]));
}

/* Under a multiboot kernel, which is Xen, the first module is Linux and the second its initrd. */
static void do_module(struct menu *menu, const struct guest_words *words)
{
	if (menu->entry.xen == NULL)
		return;
	if (menu->entry.kernel == NULL)
		do_linux(menu, words);
	else
		do_initrd(menu, words);
}

static void do_xen(struct menu *menu, const struct guest_words *words)
{
	size_t i;

	for (i = 1; i < words->count && text_starts(words->list[i], "--"); i++)
		;
	if (menu->has_entry && i < words->count)
		text_replace(&menu->entry.xen, words->list[i]);
}

static void do_blscfg(struct menu *menu)
{
	const size_t before = menu->loader->entry_count;
	size_t i;

	if (menu->blscfg == NULL)
		return;
	menu->blscfg(&menu->script.vars, menu->loader, menu->data);
	for (i = before; i < menu->loader->entry_count; i++)
		(void)add_item(menu, menu->loader->entries[i].title,
			       menu->loader->entries[i].id, (int)i);
}

static const struct {
	const char *verb;
	void (*act)(struct menu *menu, const struct guest_words *words);
} verbs[] = {
	{"linux", do_linux},	       {"linux16", do_linux},
	{"linuxefi", do_linux},	       {"kernel", do_linux},
	{"initrd", do_initrd},	       {"initrd16", do_initrd},
	{"initrdefi", do_initrd},      {"multiboot", do_xen},
	{"multiboot2", do_xen},	       {"xen_hypervisor", do_xen},
	{"module", do_module},	       {"module2", do_module},
	{"xen_module", do_module},     {"search", do_search},
	{"search.fs_uuid", do_search}, {"search.fs_label", do_search},
	{"search.file", do_search},
};

static void run(struct menu *menu, const struct guest_words *words)
{
	const char *verb = words->list[0];
	size_t i;

	if (strcmp(verb, "set") == 0 && words->count > 1) {
		do_set(menu, words->list[1]);
	} else if (strcmp(verb, "load_env") == 0) {
		do_load_env(menu);
	} else if (strcmp(verb, "blscfg") == 0) {
		do_blscfg(menu);
	} else if (words->count == 1 && strchr(verb, '=') != NULL) {
		do_set(menu, verb);
	}
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].verb, verb) == 0)
			verbs[i].act(menu, words);
}

static struct frame *top_if(struct menu *menu)
{
	struct frame *frame =
		menu->frame_count > 0 ? &menu->frames[menu->frame_count - 1] : NULL;

	return frame != NULL && frame->kind == FRAME_IF && menu->lost_frames == 0 ? frame
										  : NULL;
}

/* elif and else: a further branch, where none was taken. */
static void next_branch(struct menu *menu, bool is_true)
{
	struct frame *frame = top_if(menu);

	if (frame == NULL)
		return;
	frame->is_active = frame->is_outer_active && !frame->is_taken && is_true;
	frame->is_taken = frame->is_taken || is_true;
}

static void end_if(struct menu *menu)
{
	if (menu->lost_frames > 0)
		menu->lost_frames--;
	else if (top_if(menu) != NULL)
		menu->frame_count--;
}

/* Take the first word away. */
static void shift(struct guest_words *words)
{
	free(words->list[0]);
	memmove(words->list, words->list + 1, (words->count - 1) * sizeof(*words->list));
	words->count--;
}

/* Words of the language in front of a command: "then insmod x". Returns: whether the command
 * itself is still to be run */
static bool take_keywords(struct menu *menu, struct guest_words *words)
{
	const bool has_environment = menu->environment != NULL;

	while (words->count > 0) {
		const char *word = words->list[0];

		if (strcmp(word, "if") == 0) {
			push(menu, FRAME_IF, grub_is_true(words, 1, has_environment), -1);
			return false;
		}
		if (strcmp(word, "elif") == 0) {
			next_branch(menu, grub_is_true(words, 1, has_environment));
			return false;
		}
		if (strcmp(word, "fi") == 0) {
			end_if(menu);
			return false;
		}
		if (strcmp(word, "else") == 0)
			next_branch(menu, true);
		else if (strcmp(word, "then") != 0 && strcmp(word, "do") != 0)
			return true;
		shift(words);
	}
	return false;
}

static void set_features(struct grub_script *script)
{
	static const char *const names[] = {"feature_menuentry_id",
					    "feature_default_font_path",
					    "feature_platform_search_hint",
					    "feature_timeout_style",
					    "feature_all_video_module",
					    "feature_nativedisk_cmd",
					    "feature_chainloader_bpb",
					    "feature_ntldr",
					    "feature_200_final"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		grub_set(script, names[i], "y");
	grub_set(script, "grub_platform", "pc");
	grub_set(script, "grub_cpu", "i386");
	grub_set(script, "prefix", "/boot/grub");
}

static bool is_named(const struct item *item, const char *name, size_t length)
{
	return (item->title != NULL && strlen(item->title) == length &&
		memcmp(item->title, name, length) == 0) ||
	       (item->id != NULL && strlen(item->id) == length &&
		memcmp(item->id, name, length) == 0);
}

/* The item of a menu that a name, an id or a number means. Returns: its index, or -1 */
static int find_item(const struct menu *menu, int parent, const char *name, size_t length)
{
	const bool is_number = length > 0 && strspn(name, "0123456789") == length;
	unsigned long number = is_number ? strtoul(name, NULL, 10) : 0, count = 0;
	size_t i;

	for (i = 0; i < menu->item_count; i++) {
		if (menu->items[i].parent != parent)
			continue;
		if (is_number ? count == number : is_named(&menu->items[i], name, length))
			return (int)i;
		count++;
	}
	return -1;
}

/* "1>2", "gnulinux-advanced-X>gnulinux-Y", a title: through the submenus to an entry. */
static int find_default(const struct menu *menu, const char *rule)
{
	int item = -1;
	size_t length;

	for (;; rule += length + 1) {
		length = strcspn(rule, ">");
		item = find_item(menu, item, rule, length);
		if (item < 0 || rule[length] == '\0')
			break;
	}
	return item >= 0 ? menu->items[item].entry : -1;
}

static void conclude(struct menu *menu)
{
	const char *rule = guest_settings_value(&menu->script.vars, "default");
	const char *timeout = guest_settings_value(&menu->script.vars, "timeout");

	if (rule == NULL || rule[0] == '\0')
		rule = "0";
	menu->loader->default_entry = find_default(menu, rule);
	/* a rule that names nothing starts the first entry */
	if (menu->loader->default_entry < 0 &&
	    find_item(menu, -1, rule, strcspn(rule, ">")) < 0)
		menu->loader->default_entry = find_default(menu, "0");
	text_replace(&menu->loader->default_rule, rule);
	if (timeout != NULL && timeout[0] != '\0')
		menu->loader->timeout_s = (int)strtol(timeout, NULL, 10);
}

static void clear_menu(struct menu *menu)
{
	size_t i;

	for (i = 0; i < menu->item_count; i++) {
		free(menu->items[i].title);
		free(menu->items[i].id);
	}
	free(menu->items);
	free(menu->root);
	guest_entry_clear(&menu->entry);
	guest_settings_clear(&menu->script.vars);
}

void grub_cfg_parse(const char *text, const char *source,
		    const struct guest_settings *environment, grub_blscfg *blscfg,
		    void *data, struct guest_loader *loader)
{
	struct menu menu = {
		.script = {.at = text, .left_bytes = WORDS_IN_ALL},
		.source = source,
		.environment = environment,
		.blscfg = blscfg,
		.data = data,
		.loader = loader,
	};
	enum grub_token token;
	bool is_command;

	set_features(&menu.script);
	do {
		struct guest_words words = {0};

		token = grub_next_command(&menu.script, &words);
		is_command = take_keywords(&menu, &words);
		if (token == GRUB_CLOSE)
			close_block(&menu);
		else if (token == GRUB_OPEN)
			open_block(&menu, &words);
		else if (is_command && is_active(&menu))
			run(&menu, &words);
		guest_words_clear(&words);
	} while (token != GRUB_EOF);
	conclude(&menu);
	clear_menu(&menu);
}
