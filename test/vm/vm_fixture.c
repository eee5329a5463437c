/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "vm/vm_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

/* The time limit of an event, by the clock of the machine, which counts instructions. */
#define LIMIT_MS 30000

static long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Programs -------------------------------------------------------------------------------- */

#define ARGUMENTS 40

static void become(const struct vm_user *user)
{
	if (user && user->sudo) {
		(void)setenv("SUDO_UID", "1000", 1);
		(void)setenv("SUDO_GID", "1000", 1);
		(void)setenv("SUDO_USER", "user", 1);
	} else if (user && user->uid) {
		if (setgroups(user->group ? 1 : 0, &user->group) ||
		    setresgid(user->uid, user->uid, user->uid) ||
		    setresuid(user->uid, user->uid, user->uid) || setenv("HOME", "/tmp", 1))
			_exit(126);
	}
}

static void start(struct vm_program *p, const struct vm_user *user, va_list list)
{
	const char *path = user && user->path ? user->path : "/usr/bin/blepair";
	char *arguments[ARGUMENTS] = {strdup("blepair"), strdup("--json")};
	int in[2], out[2], error[2];
	size_t count = 2;
	bool has_controller = false, has_store = false;

	for (const char *a = va_arg(list, const char *); a; a = va_arg(list, const char *)) {
		has_controller |= strcmp(a, "-c") == 0;
		has_store |= strcmp(a, "--store") == 0;
		arguments[count++] = strdup(a);
	}
	/* No store unless a test names one: tests and both ends of a link must not share bonds. */
	if (has_controller && !has_store)
		arguments[count++] = strdup("--no-store");
	memset(p, 0, sizeof(*p));
	p->events = json_array();
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(error, O_CLOEXEC))
		fail_msg("pipe");
	p->pid = fork();
	if (p->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(error[1], 2);
		become(user);
		execv(path, arguments);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	close(error[1]);
	p->in = in[1];
	p->out = out[0];
	p->error = error[0];
	for (size_t i = 0; i < count; i++)
		free(arguments[i]);
}

void vm_start(struct vm_program *p, const struct vm_user *user, ...)
{
	va_list list;

	va_start(list, user);
	start(p, user, list);
	va_end(list);
}

pid_t vm_spawn(const char *path, ...)
{
	char *arguments[ARGUMENTS] = {strdup(path)};
	size_t count = 1;
	va_list list;

	va_start(list, path);
	for (const char *a = va_arg(list, const char *); a; a = va_arg(list, const char *))
		arguments[count++] = strdup(a);
	va_end(list);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);
		int log = open("/tmp/spawned.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
		dup2(null, 0);
		dup2(log, 1);
		dup2(log, 2);
		execv(path, arguments);
		_exit(127);
	}
	for (size_t i = 0; i < count; i++)
		free(arguments[i]);
	return pid;
}

void vm_kill(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		(void)waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}

void vm_type(struct vm_program *p, const char *line)
{
	assert_int_equal(write(p->in, line, strlen(line)), (ssize_t)strlen(line));
	assert_int_equal(write(p->in, "\n", 1), 1);
}

static void take_line(struct vm_program *p)
{
	json_t *event = json_loadb(p->line, p->line_len, 0, NULL);

	p->line[p->line_len] = '\0';
	if (!event)
		fail_msg("not JSON: %s", p->line);
	(void)json_array_append_new(p->events, event);
	p->line_len = 0;
}

/* Reads its output; at the end of output the program has ended. */
static void take_output(struct vm_program *p)
{
	char octets[4096];
	ssize_t got = read(p->out, octets, sizeof(octets));
	int status;

	for (ssize_t i = 0; i < got; i++) {
		if (octets[i] == '\n')
			take_line(p);
		else if (p->line_len < sizeof(p->line) - 1)
			p->line[p->line_len++] = octets[i];
	}
	if (got > 0)
		return;
	got = read(p->error, p->errors, sizeof(p->errors) - 1);
	p->errors_len = got > 0 ? (size_t)got : 0;
	(void)waitpid(p->pid, &status, 0);
	p->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	p->pid = 0;
	close(p->in);
	close(p->out);
	close(p->error);
	if (strstr(p->errors, "Sanitizer") || strstr(p->errors, "runtime error")) {
		char *events = json_dumps(p->events, JSON_COMPACT); /* too long for fail_msg() */
		(void)fprintf(stderr, "# %s\n# exit %d\n", events, p->code);
		free(events);
		fail_msg("%s", p->errors);
	}
}

json_t *vm_event(const struct vm_program *p, const char *name)
{
	for (size_t i = json_array_size(p->events); i-- > 0;) {
		json_t *event = json_array_get(p->events, i);
		if (strcmp(vm_text(event, "event"), name) == 0)
			return event;
	}
	return NULL;
}

const char *vm_text(const json_t *event, const char *path)
{
	char copy[64], *rest = copy, *part;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	while (event && (part = strsep(&rest, ".")))
		event = json_object_get(event, part);
	const char *text = json_string_value(event);
	return text ? text : "";
}

const char *vm_verdict(const struct vm_program *p)
{
	static char text[6000];
	const json_t *result = vm_event(p, "result");

	(void)snprintf(text, sizeof(text), "%s; %s; %s; %s", vm_text(result, "text"),
		       vm_text(result, "detail"), vm_text(result, "advice"), p->errors);
	return text;
}

/* The last events, as many as a message of cmocka has room for. */
static const char *events_text(const struct vm_program *p)
{
	static char *text;
	size_t len;

	free(text);
	text = json_dumps(p->events, JSON_COMPACT);
	len = strlen(text);
	return len > 800 ? text + len - 800 : text;
}

int vm_end(struct vm_program *p)
{
	vm_go(p, NULL, NULL);
	return p->code;
}

void vm_unlink_store(const char *path)
{
	static const char *const parts[] = {"", "-wal", "-shm"};
	char name[128];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, parts[i]);
		(void)unlink(name);
	}
}

int vm_run(struct vm_program *p, const struct vm_user *user, ...)
{
	va_list list;

	va_start(list, user);
	start(p, user, list);
	va_end(list);
	return vm_end(p);
}

void vm_forget(struct vm_program *p)
{
	if (p->pid) {
		kill(p->pid, SIGKILL);
		while (p->pid)
			take_output(p);
	}
	json_decref(p->events);
	p->events = NULL;
}

/* ---- The management socket ------------------------------------------------------------------- */

enum {
	READ_INDEX_LIST = 0x03,
	READ_INFO = 0x04,
	SET_POWERED = 0x05,
	SET_CONNECTABLE = 0x07,
	SET_BONDABLE = 0x09,
	SET_LE = 0x0d,
	SET_IO = 0x18,
	PAIR_DEVICE = 0x19,
	CONFIRM_REPLY = 0x1c,
	CONFIRM_NEGATIVE = 0x1d,
	PASSKEY_REPLY = 0x1e,
	SET_ADVERTISING = 0x29,
	SET_BREDR = 0x2a,
	SET_SECURE = 0x2d,
	LOAD_IRKS = 0x30,
	ADD_DEVICE = 0x33,
};

enum {
	EV_COMPLETE = 0x01,
	EV_STATUS = 0x02,
	EV_NEW_LTK = 0x0a,
	EV_CONNECTED = 0x0b,
	EV_DISCONNECTED = 0x0c,
	EV_CONFIRM = 0x0f,
	EV_PASSKEY = 0x10,
	EV_AUTH_FAILED = 0x11,
	EV_PASSKEY_NOTIFY = 0x17,
	EV_NEW_IRK = 0x18,
	EV_NEW_CSRK = 0x19,
};

#define NO_INDEX 0xffff

static unsigned le16(const uint8_t *p)
{
	return (unsigned)(p[0] | p[1] << 8);
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static int mgmt_open(void)
{
	const struct {
		unsigned short family, device, channel;
	} address = {AF_BLUETOOTH, 0xffff, 3};
	int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, 1);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		fail_msg("management socket: %s", strerror(errno));
	return fd;
}

static void mgmt_send(int fd, uint16_t opcode, uint16_t index, const void *data, size_t len)
{
	uint8_t m[64] = {(uint8_t)opcode,	(uint8_t)(opcode >> 8), (uint8_t)index,
			 (uint8_t)(index >> 8), (uint8_t)len,		0};

	if (len)
		memcpy(m + 6, data, len);
	assert_int_equal(write(fd, m, 6 + len), (ssize_t)(6 + len));
}

static void on_mgmt(struct vm_kernel *k, const uint8_t *m, size_t len);

/* Reads one message; returns its length, 0: none within wait_ms. */
static size_t mgmt_next(int fd, uint8_t message[600], int wait_ms)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	if (poll(&poller, 1, wait_ms) <= 0)
		return 0;
	ssize_t got = read(fd, message, 600);
	return got >= 6 ? (size_t)got : 0;
}

/* Sends a command and returns the status of the answer; other messages go to on_mgmt(). */
static uint8_t mgmt_ask(int fd, uint16_t opcode, uint16_t index, const void *data, size_t len,
			struct vm_kernel *k, uint8_t answer[600])
{
	uint8_t m[600];
	size_t got;

	mgmt_send(fd, opcode, index, data, len);
	while ((got = mgmt_next(fd, m, LIMIT_MS))) {
		unsigned event = le16(m);
		if ((event == EV_COMPLETE || event == EV_STATUS) && got >= 9 &&
		    le16(m + 6) == opcode) {
			if (answer)
				memcpy(answer, m + 9, got - 9);
			return m[8];
		}
		if (k)
			on_mgmt(k, m, got);
	}
	fail_msg("the kernel does not answer management command 0x%02x", opcode);
	return 0xff;
}

/* ---- Virtual controllers --------------------------------------------------------------------- */

static pid_t btvirt;

/* The file appears before its socket listens, and until then a connection is refused. */
static bool is_listening(const char *server)
{
	FILE *sockets = fopen("/proc/net/unix", "r");
	char line[256], path[128];
	unsigned flags;
	bool found = false;

	assert_non_null(sockets);
	while (fgets(line, sizeof(line), sockets))
		if (sscanf(line, "%*s %*s %*s %x %*s %*s %*s %127s", &flags, path) == 2 &&
		    strcmp(path, server) == 0)
			found |= flags >> 16 & 1; /* the kernel's __SO_ACCEPTCON */
	(void)fclose(sockets);
	return found;
}

void vm_btvirt(unsigned controllers)
{
	char option[16];

	vm_btvirt_end();
	(void)snprintf(option, sizeof(option), "-l%u", controllers);
	btvirt = vm_spawn("/usr/bin/btvirt", controllers ? option : "-s", NULL);
	for (unsigned i = 0; i < controllers; i++)
		(void)vm_wait_index((uint16_t)i);
	for (int i = 0; !controllers && !is_listening("/tmp/bt-server-le") && i < 1000; i++)
		usleep(10000);
}

static bool in_index(int fd, uint16_t index)
{
	uint8_t list[600];

	if (mgmt_ask(fd, READ_INDEX_LIST, NO_INDEX, NULL, 0, NULL, list))
		return false;
	for (unsigned i = 0; i < le16(list); i++)
		if (le16(list + 2 + 2 * i) == index)
			return true;
	return false;
}

void vm_btvirt_end(void)
{
	char path[64];

	vm_kill(&btvirt);
	/* Its controllers disappear with it, but not at once. */
	for (int i = 0; i < 16; i++) {
		(void)snprintf(path, sizeof(path), "/sys/class/bluetooth/hci%d", i);
		for (int k = 0; access(path, F_OK) == 0 && k < 500; k++)
			usleep(10000);
	}
	(void)unlink("/tmp/bt-server-le");
}

uint16_t vm_wait_index(uint16_t index)
{
	int fd = mgmt_open();
	uint8_t m[600];

	while (!in_index(fd, index))
		if (!mgmt_next(fd, m, LIMIT_MS))
			fail_msg("controller %u does not appear", index);
	close(fd);
	return index;
}

bool vm_powered(uint16_t index)
{
	int fd = mgmt_open();
	uint8_t info[600] = {0};
	uint8_t status = mgmt_ask(fd, READ_INFO, index, NULL, 0, NULL, info);

	close(fd);
	return status == 0 && info[13] & 1;
}

void vm_power(uint16_t index, bool on)
{
	int fd = mgmt_open();
	const uint8_t value = on;

	assert_int_equal(mgmt_ask(fd, SET_POWERED, index, &value, 1, NULL, NULL), 0);
	close(fd);
}

void vm_wait_powered(uint16_t index, bool on)
{
	for (int i = 0; vm_powered(index) != on; i++) {
		if (i == 500)
			fail_msg("hci%u is not powered %s", index, on ? "on" : "off");
		usleep(10000);
	}
}

/* Opens the soft-block file of the controller's rfkill switch. */
static int open_switch(const char *controller, int flags)
{
	char pattern[96];
	glob_t found;

	(void)snprintf(pattern, sizeof(pattern), "/sys/class/bluetooth/%s/rfkill*/soft",
		       controller);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	int fd = open(found.gl_pathv[0], flags);
	assert_true(fd >= 0);
	globfree(&found);
	return fd;
}

void vm_block(const char *controller, bool blocked)
{
	int fd = open_switch(controller, O_WRONLY);

	assert_int_equal(write(fd, blocked ? "1" : "0", 1), 1);
	close(fd);
}

bool vm_is_blocked(const char *controller)
{
	int fd = open_switch(controller, O_RDONLY);
	char value = '?';

	assert_int_equal(read(fd, &value, 1), 1);
	close(fd);
	return value == '1';
}

/* ---- The kernel's host ----------------------------------------------------------------------- */

static void kernel_set(struct vm_kernel *k, uint16_t opcode, uint8_t value)
{
	uint8_t status = mgmt_ask(k->fd, opcode, k->index, &value, 1, k, NULL);

	if (status)
		fail_msg("management command 0x%02x of hci%u: status 0x%02x", opcode, k->index,
			 status);
}

void vm_kernel_up(struct vm_kernel *k, uint16_t index, uint8_t io, bool secure)
{
	uint8_t info[600] = {0};
	const uint8_t off = 0, none[2] = {0};

	memset(k, 0, sizeof(*k));
	k->fd = mgmt_open();
	k->index = index;
	kernel_set(k, SET_POWERED, 0);
	kernel_set(k, SET_LE, 1);
	(void)mgmt_ask(k->fd, SET_BREDR, index, &off, 1, k, NULL);
	/* The kernel requests an IRK only after a list of IRKs was loaded. */
	assert_int_equal(mgmt_ask(k->fd, LOAD_IRKS, index, none, sizeof(none), k, NULL), 0);
	kernel_set(k, SET_SECURE, secure);
	kernel_set(k, SET_BONDABLE, 1);
	kernel_set(k, SET_IO, io);
	kernel_set(k, SET_POWERED, 1);
	kernel_set(k, SET_CONNECTABLE, 1);
	assert_int_equal(mgmt_ask(k->fd, READ_INFO, index, NULL, 0, k, info), 0);
	k->io = io;
	(void)snprintf(k->text, sizeof(k->text), "%02X:%02X:%02X:%02X:%02X:%02X", info[5], info[4],
		       info[3], info[2], info[1], info[0]);
}

void vm_kernel_attach(struct vm_kernel *k, uint16_t index)
{
	memset(k, 0, sizeof(*k));
	k->fd = mgmt_open();
	k->index = index;
}

void vm_kernel_down(struct vm_kernel *k)
{
	kernel_set(k, SET_POWERED, 0);
	close(k->fd);
}

void vm_kernel_advertise(struct vm_kernel *k, bool on)
{
	kernel_set(k, SET_ADVERTISING, on ? 2 : 0);
}

static void parse_address(const char *text, uint8_t address[7])
{
	unsigned o[6];

	assert_int_equal(
		sscanf(text, "%x:%x:%x:%x:%x:%x", &o[5], &o[4], &o[3], &o[2], &o[1], &o[0]), 6);
	for (int i = 0; i < 6; i++)
		address[i] = (uint8_t)o[i];
	address[6] = 1; /* LE public */
}

void vm_kernel_pair(struct vm_kernel *k, const char *address)
{
	uint8_t data[8];

	parse_address(address, data);
	data[7] = k->io;
	mgmt_send(k->fd, PAIR_DEVICE, k->index, data, sizeof(data));
}

void vm_kernel_connect(struct vm_kernel *k, const char *address)
{
	uint8_t data[8];

	parse_address(address, data);
	data[7] = 2;
	assert_int_equal(mgmt_ask(k->fd, ADD_DEVICE, k->index, data, sizeof(data), k, NULL), 0);
}

static void type_number(struct vm_program *p, uint32_t number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%06u", number);
	vm_type(p, text);
}

static void on_mgmt(struct vm_kernel *k, const uint8_t *m, size_t len)
{
	const uint8_t *p = m + 6;
	uint8_t reply[11];

	if (le16(m + 2) != k->index)
		return;
	switch (le16(m)) {
	case EV_CONNECTED:
		k->connected = true;
		break;
	case EV_DISCONNECTED:
		k->disconnected = true;
		break;
	case EV_AUTH_FAILED:
		k->failed = true;
		break;
	case EV_COMPLETE:
	case EV_STATUS:
		if (le16(p) == PAIR_DEVICE) {
			k->paired = true;
			k->status = p[2];
		}
		break;
	case EV_NEW_LTK: { /* store, address, type, received, size, EDIV, Rand, value */
		bool received = p[9] || p[8] >= 2;
		k->keys.ltk[received].has = len >= 6 + 37;
		k->keys.ltk[received].type = p[8];
		k->keys.ltk[received].size = p[10];
		memcpy(k->keys.ltk[received].value, p + 21, 16);
		break;
	}
	case EV_NEW_IRK: /* store, random address, address, value */
		k->keys.irk = true;
		memcpy(k->keys.irk_value, p + 14, 16);
		break;
	case EV_NEW_CSRK:	 /* store, address, type, value */
		if (!(p[8] & 1)) /* the kernel's own */
			break;
		k->keys.csrk = true;
		memcpy(k->keys.csrk_value, p + 9, 16);
		break;
	case EV_CONFIRM:
		k->compared = le32(p + 8);
		memcpy(reply, p, 7);
		mgmt_send(k->fd, k->reject && !p[7] ? CONFIRM_NEGATIVE : CONFIRM_REPLY, k->index,
			  reply, 7);
		break;
	case EV_PASSKEY: {
		/* The passkey that the other side shows. */
		vm_go(k->other, NULL, "passkey");
		const char *shown = vm_text(vm_event(k->other, "passkey"), "passkey");
		uint32_t number = (uint32_t)atol(shown);
		memcpy(reply, p, 7);
		for (int i = 0; i < 4; i++)
			reply[7 + i] = (uint8_t)(number >> 8 * i);
		mgmt_send(k->fd, PASSKEY_REPLY, k->index, reply, 11);
		break;
	}
	case EV_PASSKEY_NOTIFY:
		vm_go(k->other, NULL, "passkey");
		type_number(k->other, le32(p + 7));
		break;
	default:
		break;
	}
}

/* ---- Both together --------------------------------------------------------------------------- */

static void turn(struct vm_program *p, struct vm_kernel *k, long deadline, const char *what)
{
	struct pollfd fds[2] = {{.fd = p && p->pid ? p->out : -1, .events = POLLIN},
				{.fd = k ? k->fd : -1, .events = POLLIN}};
	long left = deadline - now_ms();

	if (left <= 0 || poll(fds, 2, (int)left) <= 0)
		fail_msg("no \"%s\" in time: %s", what, p ? events_text(p) : "");
	if (fds[0].revents)
		take_output(p);
	if (fds[1].revents) {
		uint8_t m[600];
		size_t got = mgmt_next(k->fd, m, 0);
		if (got)
			on_mgmt(k, m, got);
	}
}

void vm_go(struct vm_program *p, struct vm_kernel *k, const char *until)
{
	long deadline = now_ms() + LIMIT_MS;

	while (until ? !vm_event(p, until) : p->pid != 0) {
		if (until && !p->pid)
			fail_msg("it ended (%d) without \"%s\": %s %s", p->code, until,
				 events_text(p), p->errors);
		turn(p, k, deadline, until ? until : "the end");
	}
}

static size_t count_events(const struct vm_program *p, const char *name)
{
	const json_t *event;
	size_t i, times = 0;

	json_array_foreach(p->events, i, event)
	{
		times += strcmp(vm_text(event, "event"), name) == 0;
	}
	return times;
}

void vm_go_times(struct vm_program *p, const char *event, size_t times)
{
	long deadline = now_ms() + 4 * LIMIT_MS;

	while (count_events(p, event) < times) {
		if (!p->pid)
			fail_msg("it ended (%d) without \"%s\": %s %s", p->code, event,
				 events_text(p), p->errors);
		turn(p, NULL, deadline, event);
	}
}

void vm_go_kernel(struct vm_program *p, struct vm_kernel *k, const bool *until)
{
	long deadline = now_ms() + LIMIT_MS;

	while (!*until)
		turn(p, k, deadline, "the kernel's part");
}

bool vm_same_key(const char *hex, const uint8_t key[16])
{
	char text[33];

	for (int i = 0; i < 16; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", key[15 - i]);
	return strcmp(hex, text) == 0;
}
