/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "hci/rfkill.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/rfkill.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool read_number(const char *folder, const char *name, unsigned *value)
{
	char path[400];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	bool read = fscanf(file, "%u", value) == 1;
	(void)fclose(file);
	return read;
}

void hci_rfkill_read(uint16_t index, struct hci_rfkill *rfkill)
{
	struct dirent *entry;
	char folder[64], path[64 + sizeof(entry->d_name)];

	*rfkill = (struct hci_rfkill){0};
	(void)snprintf(folder, sizeof(folder), "/sys/class/bluetooth/hci%u", index);
	DIR *directory = opendir(folder);
	while (directory && (entry = readdir(directory))) {
		unsigned soft, hard;
		if (sscanf(entry->d_name, "rfkill%u", &rfkill->number) != 1)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		rfkill->found =
			read_number(path, "soft", &soft) && read_number(path, "hard", &hard);
		rfkill->soft = rfkill->found && soft;
		rfkill->hard = rfkill->found && hard;
		break;
	}
	if (directory)
		(void)closedir(directory);
}

int hci_rfkill_open(void)
{
	return open("/dev/rfkill", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

int hci_rfkill_set(int fd, uint32_t number, bool blocked)
{
	const struct rfkill_event event = {.idx = number, .op = RFKILL_OP_CHANGE, .soft = blocked};

	return write(fd, &event, RFKILL_EVENT_SIZE_V1) < 0 ? -1 : 0;
}
