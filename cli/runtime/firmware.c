/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "runtime/firmware.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hci/realtek_image.h"

/* The kernel unpacks these by itself: CONFIG_FW_LOADER_COMPRESS. */
static const struct {
	const char *suffix, *unpack;
} packings[] = {
	{".zst", "unzstd"},
	{".xz", "unxz -k"},
};

/* remedy: NULL: to install the package again. */
static enum firmware_status unusable(struct firmware *f, const struct hci_maker *maker,
				     const char *path, const char *what, const char *remedy)
{
	(void)snprintf(f->failure, sizeof(f->failure), "%s: %s; %s%s%s", path, what,
		       remedy ? remedy : "install the package ", remedy ? "" : maker->package,
		       remedy ? "" : " again");
	return FIRMWARE_UNUSABLE;
}

/* The file may be there in a form that only the kernel reads. */
static enum firmware_status look_for_packed(struct firmware *f, const struct hci_maker *maker,
					    const char *path)
{
	char packed[FIRMWARE_PATH + 8], remedy[FIRMWARE_PATH + 64];

	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++) {
		(void)snprintf(packed, sizeof(packed), "%s%s", path, packings[i].suffix);
		if (access(packed, F_OK))
			continue;
		(void)snprintf(remedy, sizeof(remedy), "sudo modprobe btusb, or sudo %s %s",
			       packings[i].unpack, packed);
		return unusable(f, maker, packed, "it is packed, and only the kernel unpacks it",
				remedy);
	}
	return FIRMWARE_ABSENT;
}

/* Reads len octets. False with errno; 0: the file has fewer. */
static bool read_all(int fd, uint8_t *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, data + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : 0;
			return false;
		}
		done += (size_t)n;
	}
	return true;
}

static enum firmware_status read_open(struct firmware *f, const struct hci_maker *maker,
				      struct firmware_file *file, int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return unusable(f, maker, file->path, "it is not a regular file", NULL);
	if (st.st_size > HCI_REALTEK_FILE_MAX)
		return unusable(f, maker, file->path, "it has more than 1 MiB", NULL);
	if (st.st_size == 0)
		return FIRMWARE_READ;
	file->data = malloc((size_t)st.st_size);
	if (!file->data)
		return unusable(f, maker, file->path, strerror(ENOMEM), "end other programs");
	file->len = (size_t)st.st_size;
	if (!read_all(fd, file->data, file->len))
		return unusable(f, maker, file->path,
				errno ? strerror(errno) : "it became shorter meanwhile", NULL);
	return FIRMWARE_READ;
}

static enum firmware_status load(struct firmware *f, const struct hci_maker *maker,
				 struct firmware_file *file, const char *folder, const char *name)
{
	enum firmware_status status;
	int fd;

	(void)snprintf(file->path, sizeof(file->path), "%s/%s", folder, name);
	/* A FIFO must not hold the run; it is refused as no regular file. */
	fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return look_for_packed(f, maker, file->path);
	if (fd < 0)
		return unusable(f, maker, file->path, strerror(errno), NULL);
	status = read_open(f, maker, file, fd);
	(void)close(fd);
	return status;
}

enum firmware_status firmware_load(struct firmware *f, const struct hci_maker *maker,
				   const char *folder)
{
	enum firmware_status status;

	memset(f, 0, sizeof(*f));
	status = load(f, maker, &f->main, folder, maker->firmware);
	if (status != FIRMWARE_READ || !maker->config)
		return status;
	status = load(f, maker, &f->config, folder, maker->config);
	if (status == FIRMWARE_UNUSABLE)
		return status;
	if (maker->config_required && !f->config.data)
		return unusable(f, maker, f->config.path,
				"it is missing or empty, and this controller needs it", NULL);
	return FIRMWARE_READ;
}

void firmware_free(struct firmware *f)
{
	free(f->main.data);
	free(f->config.data);
	f->main.data = f->config.data = NULL;
	f->main.len = f->config.len = 0;
}
