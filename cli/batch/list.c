/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "batch/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "batch/rows.h"
#include "crypto/bytes.h"

/* A list while it is read. */
struct reader {
	struct batch_list *list;
	const char *name;
	struct failure *failure;
};

static struct batch_unit_spec *add_spec(const struct reader *r, uint32_t line)
{
	struct batch_list *list = r->list;

	if (list->count == list->room) {
		const size_t room = list->room ? 2 * list->room : 64;
		struct batch_unit_spec *grown = calloc(room, sizeof(*grown));
		if (!grown) {
			(void)failure_set(r->failure, CLI_INTERNAL,
					  "%s: line %u: no memory for more units", r->name, line);
			return NULL;
		}
		if (list->specs) {
			memcpy(grown, list->specs, list->count * sizeof(*grown));
			bytes_wipe(list->specs, list->count * sizeof(*grown));
		}
		free(list->specs);
		list->specs = grown;
		list->room = room;
	}
	return &list->specs[list->count++];
}

/* ---- The whole ------------------------------------------------------------------------------- */

static int read_lines(const struct reader *r, struct batch_rows *rows, const char *text, size_t len)
{
	const char *const end = text + len;

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		const size_t size = (size_t)((eol ? eol : end) - text);
		struct batch_unit_spec *spec = add_spec(r, rows->line + 1);
		if (!spec)
			return -1;
		int status = batch_rows_take(rows, text, size, spec, r->failure);
		if (status < 0)
			return -1;
		if (status == 0)
			r->list->count--;
		text = eol ? eol + 1 : end;
	}
	if (!r->list->count)
		return failure_set(r->failure, CLI_USAGE,
				   "%s: no units; expected CSV with a header, or JSON lines",
				   r->name);
	return 0;
}

/* ---- Duplicates ------------------------------------------------------------------------------ */

/* By address, then by line. */
static int compare_addresses(const void *a, const void *b)
{
	const struct batch_unit_spec *const *x = a, *const *y = b;
	int order = (*x)->address.type - (*y)->address.type;

	for (size_t i = 6; i--;)
		if ((*x)->address.octets[i] != (*y)->address.octets[i])
			order = (*x)->address.octets[i] - (*y)->address.octets[i];
	return order ? order : (int)((*x)->line - (*y)->line);
}

/* By label, then by line. */
static int compare_labels(const void *a, const void *b)
{
	const struct batch_unit_spec *const *x = a, *const *y = b;
	int order = strcmp((*x)->label, (*y)->label);

	return order ? order : (int)((*x)->line - (*y)->line);
}

static bool same_address(const struct batch_unit_spec *a, const struct batch_unit_spec *b)
{
	return address_same_octets(&a->address, &b->address) &&
	       (!a->typed || !b->typed || a->address.type == b->address.type);
}

static int check_addresses(const struct reader *r, const struct batch_unit_spec **sorted,
			   size_t count)
{
	char text[ADDRESS_TEXT];

	qsort(sorted, count, sizeof(void *), compare_addresses);
	for (size_t i = 1; i < count; i++) {
		const struct batch_unit_spec *a = sorted[i - 1], *b = sorted[i];
		if (same_address(a, b))
			return failure_set(r->failure, CLI_USAGE,
					   "%s: line %u: %s is in line %u already", r->name,
					   a->line > b->line ? a->line : b->line,
					   address_format(&a->address, text),
					   a->line < b->line ? a->line : b->line);
	}
	return 0;
}

static int check_labels(const struct reader *r, const struct batch_unit_spec **sorted, size_t count)
{
	qsort(sorted, count, sizeof(void *), compare_labels);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i - 1]->label, sorted[i]->label) == 0)
			return failure_set(r->failure, CLI_USAGE,
					   "%s: line %u: the label \"%s\" is in line %u already",
					   r->name, sorted[i]->line, sorted[i]->label,
					   sorted[i - 1]->line);
	return 0;
}

/*
 * A unit that is in the list twice would be paired twice, or never. Units without an address are
 * named by their labels.
 */
static int check_duplicates(const struct reader *r)
{
	const struct batch_list *list = r->list;
	const struct batch_unit_spec **sorted = calloc(list->count + 1, sizeof(void *));
	size_t addresses = 0, labels = 0;
	int status;

	if (!sorted)
		return failure_set(r->failure, CLI_INTERNAL, "%s: no memory", r->name);
	for (size_t i = 0; i < list->count; i++)
		if (list->specs[i].has_address)
			sorted[addresses++] = &list->specs[i];
	for (size_t i = 0; i < list->count; i++)
		if (!list->specs[i].has_address && list->specs[i].label)
			sorted[addresses + labels++] = &list->specs[i];
	status = check_addresses(r, sorted, addresses);
	if (!status)
		status = check_labels(r, sorted + addresses, labels);
	free(sorted);
	return status;
}

int batch_list_read(struct batch_list *list, const char *name, const char *text, size_t len,
		    struct failure *failure)
{
	const struct reader r = {.list = list, .name = name, .failure = failure};
	struct batch_rows rows;
	int status;

	memset(list, 0, sizeof(*list));
	status = batch_rows_init(&rows, name, len)
			 ? failure_set(failure, CLI_INTERNAL, "%s: no memory", name)
			 : read_lines(&r, &rows, text, len);
	batch_rows_free(&rows);
	return status ? status : check_duplicates(&r);
}

void batch_list_free(struct batch_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		batch_unit_spec_free(&list->specs[i]);
	/* All of it: a job that took over the units has left their passkeys behind. */
	if (list->specs)
		bytes_wipe(list->specs, list->room * sizeof(*list->specs));
	free(list->specs);
	*list = (struct batch_list){NULL, 0, 0};
}
