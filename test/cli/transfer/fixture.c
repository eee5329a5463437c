/* SPDX-License-Identifier: MIT */
#include "cli/transfer/fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct event_output events;
struct outcome outcome;
char notes[512];
json_t *emitted;

void __wrap_event_emit(struct event_output *to, json_t *event);
void __wrap_event_emit(struct event_output *to, json_t *event)
{
	(void)to;
	(void)json_array_append_new(emitted, event);
}

void __wrap_event_note(struct event_output *to, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void __wrap_event_note(struct event_output *to, int level, const char *format, ...)
{
	size_t used = strlen(notes);
	va_list arguments;

	(void)to;
	(void)level;
	va_start(arguments, format);
	(void)vsnprintf(notes + used, sizeof(notes) - used, format, arguments);
	va_end(arguments);
	(void)strcat(notes, "\n");
}

int fresh_folder(void **state)
{
	notes[0] = '\0';
	emitted = json_array();
	outcome = (struct outcome){.exit = CLI_OK};
	return fresh(state);
}

static int remove_entry(const char *name, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(name);
}

int remove_folder(void **state)
{
	(void)state;
	json_decref(emitted);
	store_close(&store);
	return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *in_folder(const char *name)
{
	static char names[2][200];
	static size_t next;

	next = (next + 1) % 2;
	(void)snprintf(names[next], sizeof(names[next]), "%s/%s", folder, name);
	return names[next];
}

void write_text_file(const char *name, const char *text)
{
	char whole[200];

	(void)snprintf(whole, sizeof(whole), "%s", in_folder(name));
	for (char *slash = strchr(whole + strlen(folder) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(whole, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
	int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

const char *read_text_file(const char *name)
{
	static char text[8192];
	int fd = open(in_folder(name), O_RDONLY);

	if (fd < 0)
		return NULL;
	ssize_t len = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(len >= 0);
	text[len] = '\0';
	return text;
}

mode_t mode_of(const char *name)
{
	struct stat status;

	assert_int_equal(lstat(in_folder(name), &status), 0);
	return status.st_mode & 07777;
}

size_t entries_in(const char *name)
{
	DIR *open_folder = opendir(in_folder(name));
	struct dirent *entry;
	size_t n = 0;

	assert_non_null(open_folder);
	while ((entry = readdir(open_folder)))
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(open_folder);
	return n;
}
