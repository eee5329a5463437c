/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/bluetoothd.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Reads the beginning of a file of a process; returns the number of octets. */
static size_t read_proc(const char *process, const char *name, char *text, size_t size)
{
	char path[300];
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "/proc/%s/%s", process, name);
	FILE *file = fopen(path, "re");
	if (file) {
		len = fread(text, 1, size - 1, file);
		(void)fclose(file);
	}
	text[len] = '\0';
	return len;
}

/* The value of an option of the command line: "-f FILE", "-fFILE", "--configfile=FILE". */
static const char *value_of(const char *argument, const char *next, const char *brief,
			    const char *full)
{
	size_t len = strlen(full);

	if (strcmp(argument, brief) == 0 || strcmp(argument, full) == 0)
		return next;
	if (strncmp(argument, full, len) == 0 && argument[len] == '=')
		return argument + len + 1;
	return strncmp(argument, brief, 2) == 0 && argument[2] ? argument + 2 : NULL;
}

/* Reads the options of its command line, which lie behind each other with a zero after each. */
static void read_options(struct hci_bluetoothd *b, const char *process)
{
	char line[1024];
	const char *value, *end = line + read_proc(process, "cmdline", line, sizeof(line));

	for (const char *at = line; at < end; at += strlen(at) + 1) {
		const char *next = at + strlen(at) + 1 < end ? at + strlen(at) + 1 : "";
		if ((value = value_of(at, next, "-f", "--configfile")))
			(void)snprintf(b->config, sizeof(b->config), "%s", value);
		if ((value = value_of(at, next, "-P", "--noplugin")) && strstr(value, "policy"))
			b->auto_enable = false;
	}
}

/* A name that another user chose must not stop the program: no FIFO, no endless device. */
static void read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, text, size - 1) : 0;

	text[len > 0 ? len : 0] = '\0';
	if (fd >= 0)
		(void)close(fd);
}

/* Key AutoEnable of group [Policy]; a file of GLib's form. */
static void read_config(struct hci_bluetoothd *b)
{
	static char text[65536];
	char *rest = text, *line, key[32], value[32];
	bool policy = false;

	read_file(b->config, text, sizeof(text));
	while ((line = strsep(&rest, "\n"))) {
		if (line[0] == '[')
			policy = strncmp(line, "[Policy]", 8) == 0;
		else if (policy && sscanf(line, " %31[A-Za-z] = %31[A-Za-z01]", key, value) == 2 &&
			 strcmp(key, "AutoEnable") == 0)
			b->auto_enable = strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0;
	}
}

void hci_bluetoothd_find(struct hci_bluetoothd *b)
{
	struct dirent *entry;
	char name[32];

	*b = (struct hci_bluetoothd){.config = "/etc/bluetooth/main.conf"};
	DIR *directory = opendir("/proc");
	while (directory && !b->process && (entry = readdir(directory))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		(void)read_proc(entry->d_name, "comm", name, sizeof(name));
		if (strcmp(name, "bluetoothd\n") != 0)
			continue;
		b->process = (unsigned)strtoul(entry->d_name, NULL, 10);
		b->auto_enable = true;
		read_options(b, entry->d_name);
		if (b->auto_enable)
			read_config(b);
	}
	if (directory)
		(void)closedir(directory);
}
