/* SPDX-License-Identifier: MIT */
/* The transports over real sockets and a real terminal line, and the capture writer. */
#include "hci/transport.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "hci/btsnoop.h"
#include "unit.h"

static const struct hci_access access_none;
static const uint8_t reset[] = {1, 0x03, 0x0c, 0};
static const uint8_t complete[] = {4, 0x0e, 4, 1, 0x03, 0x0c, 0};

/* Waits for the transport and lets it work. */
static int turn(struct hci_transport *t, struct hci_failure *failure)
{
	struct pollfd fds[HCI_TRANSPORT_FDS];
	size_t n = t->ops->watch(t, fds);

	assert_true(poll(fds, n, 60000) > 0);
	return t->ops->ready(t, fds, n, failure);
}

/* A packet each way over a connection that is up, the answer in two pieces; then the far end goes.
 */
static void talk(struct hci_transport *t, int far)
{
	struct hci_failure failure;
	uint8_t packet[HCI_PACKET_MAX], got[8];

	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
	for (ssize_t n = 0; n < (ssize_t)sizeof(reset);) {
		struct pollfd fd = {.fd = far, .events = POLLIN};
		if (poll(&fd, 1, 10) == 0)
			assert_int_equal(turn(t, &failure), 0);
		else
			n += read(far, got + n, sizeof(reset) - (size_t)n);
	}
	assert_memory_equal(got, reset, sizeof(reset));
	assert_int_equal(write(far, complete, 3), 3);
	assert_int_equal(turn(t, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), 0);
	assert_int_equal(write(far, complete + 3, 4), 4);
	assert_int_equal(turn(t, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), sizeof(complete));
	assert_memory_equal(packet, complete, sizeof(complete));
	close(far);
	assert_int_equal(turn(t, &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_GONE);
	t->ops->close(t);
}

static void over_a_unix_socket(void **state)
{
	char folder[] = "/tmp/blepair-test.XXXXXX", spec[64];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct hci_failure failure;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
	(void)snprintf(spec, sizeof(spec), "unix:%s/s", folder);
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(t);
	talk(t, accept(server, NULL, NULL));
	close(server);
	(void)unlink(address.sun_path);
	(void)rmdir(folder);
	assert_null(hci_transport_open(spec, &access_none, &failure));
	assert_int_equal(failure.kind, HCI_FAILURE_NOT_FOUND);
}

static void over_tcp(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	struct hci_failure failure;
	char spec[64];

	(void)state;
	int server = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(spec, sizeof(spec), "tcp:127.0.0.1:%u", ntohs(address.sin_port));
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(t);
	talk(t, accept(server, NULL, NULL));
	close(server);
}

/* Old octets on the line come first, and are skipped. */
static void over_a_serial_line(void **state)
{
	struct hci_failure failure;
	uint8_t packet[HCI_PACKET_MAX];
	char spec[64];

	(void)state;
	int far = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(far >= 0 && grantpt(far) == 0 && unlockpt(far) == 0);
	(void)snprintf(spec, sizeof(spec), "serial:%s,1000000", ptsname(far));
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(t);
	assert_int_equal(write(far, "\x02\x04\x0e", 3), 3);
	assert_int_equal(write(far, complete, sizeof(complete)), sizeof(complete));
	int len = 0;
	while (len == 0) {
		assert_int_equal(turn(t, &failure), 0);
		len = t->ops->receive(t, packet, &failure);
	}
	assert_int_equal(len, sizeof(complete));
	/* After that a bad octet is an error. */
	assert_int_equal(write(far, "\x55", 1), 1);
	assert_int_equal(turn(t, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_PROTOCOL);
	assert_non_null(strstr(failure.text, "octet 0x55 at offset 10"));
	t->ops->close(t);
	close(far);
}

static void specs_that_are_refused(void **state)
{
	static const struct {
		const char *spec;
		enum hci_failure_kind kind;
	} cases[] = {
		{"", HCI_FAILURE_SPEC},
		{"hcix", HCI_FAILURE_SPEC},
		{"hci:-1", HCI_FAILURE_SPEC},
		{"hci65535", HCI_FAILURE_SPEC},
		{"hci65534", HCI_FAILURE_NOT_FOUND},
		{"usb:", HCI_FAILURE_NOT_FOUND},
		{"usb:ffff:fffe", HCI_FAILURE_NOT_FOUND},
		{"usb:SERIAL=no such", HCI_FAILURE_NOT_FOUND},
		{"unix:", HCI_FAILURE_SPEC},
		{"tcp:host", HCI_FAILURE_SPEC},
		{"serial:/dev/null,12345", HCI_FAILURE_SPEC},
		{"serial:", HCI_FAILURE_SPEC},
		{"serial:/dev/null", HCI_FAILURE_NOT_FOUND},
		{"unix:/no/such", HCI_FAILURE_NOT_FOUND},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hci_failure failure = {0};
		assert_null(hci_transport_open(cases[i].spec, &access_none, &failure));
		assert_int_equal(failure.kind, cases[i].kind);
		assert_true(strlen(failure.text) > 20);
	}
}

/* The format of btmon and Wireshark: version 1, datalink 1002. */
static void captures(void **state)
{
	static const uint8_t header[16] = {'b', 't', 's', 'n', 'o', 'o', 'p', 0,
					   0,	0,   0,	  1,   0,   0,	 3,   0xea};
	uint8_t file[16], record[24];

	(void)state;
	assert_int_equal(hci_btsnoop_file_header(file), 16);
	assert_memory_equal(file, header, 16);
	(void)hci_btsnoop_record_header(record, true, 0, HCI_EVENT, 7);
	assert_memory_equal(
		record, "\0\0\0\x07\0\0\0\x07\0\0\0\x03\0\0\0\0\x00\xdc\xdd\xb3\x0f\x2f\x80\x00",
		24);
	(void)hci_btsnoop_record_header(record, false, 1, HCI_ACL, 300);
	assert_memory_equal(record + 4, "\0\0\x01\x2c\0\0\0\x00", 8);
	assert_int_equal(record[23], 1);

	char path[] = "/tmp/blepair-test.XXXXXX";
	struct hci_btsnoop snoop;
	struct hci_failure failure;
	struct stat status;
	int fd = mkstemp(path);
	assert_int_equal(write(fd, record, sizeof(record)), sizeof(record));
	hci_btsnoop_start(&snoop, open(path, O_WRONLY), true);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, sizeof(record)); /* unchanged until the first packet */
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			hci_btsnoop_write(&snoop, true, 0, complete, sizeof(complete), &failure),
			0);
	hci_btsnoop_close(&snoop);
	assert_int_equal(snoop.fd, -1);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, 16 + 2 * (24 + 7));
	close(fd);
	(void)unlink(path);
}

static int connected_pair(struct hci_transport **t)
{
	char folder[] = "/tmp/blepair-test.XXXXXX", spec[64];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct hci_failure failure;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", folder);
	(void)snprintf(spec, sizeof(spec), "unix:%s/s", folder);
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	*t = hci_transport_open(spec, &access_none, &failure);
	assert_non_null(*t);
	int far = accept(server, NULL, NULL);
	close(server);
	(void)unlink(address.sun_path);
	(void)rmdir(folder);
	return far;
}

/* A far end that reads nothing: some packets are kept, more are refused; then it reads again. */
static void a_stream_that_is_full(void **state)
{
	struct hci_transport *t;
	struct hci_failure failure = {0};
	uint8_t packet[HCI_PACKET_MAX] = {HCI_ACL}, sink[65536];
	int far = connected_pair(&t), sent = 0;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN); /* as the program does */
	while (t->ops->send(t, packet, sizeof(packet), &failure) == 0)
		assert_true(sent++ < 10000);
	assert_int_equal(failure.kind, HCI_FAILURE_GONE);
	assert_non_null(strstr(failure.text, "takes no more data"));
	for (ssize_t left = (ssize_t)sizeof(packet) * sent; left > 0;) {
		ssize_t got = recv(far, sink, sizeof(sink), MSG_DONTWAIT);
		if (got > 0)
			left -= got;
		else
			assert_int_equal(turn(t, &failure), 0);
	}
	assert_int_equal(t->ops->send(t, packet, sizeof(packet), &failure), 0);
	close(far);
	assert_int_equal(t->ops->send(t, packet, sizeof(packet), &failure), -1);
	assert_non_null(strstr(failure.text, "it is gone: Broken pipe"));
	const struct pollfd writable = {.revents = POLLOUT};
	assert_int_equal(t->ops->ready(t, &writable, 1, &failure), -1);
	t->ops->close(t);
}

/* No data to read; a packet that is too long; a connection that is reset. */
static void errors_of_a_stream(void **state)
{
	struct hci_transport *t;
	struct hci_failure failure = {0};
	const struct pollfd in = {.revents = POLLIN};
	uint8_t packet[HCI_PACKET_MAX];
	int far = connected_pair(&t);

	(void)state;
	assert_int_equal(t->ops->ready(t, &in, 1, &failure), 0);
	assert_int_equal(t->ops->ready(t, &in, 0, &failure), 0);
	assert_int_equal(write(far, "\2\x2a\x20\xff\xff", 5), 5);
	assert_int_equal(t->ops->ready(t, &in, 1, &failure), 0);
	assert_int_equal(t->ops->receive(t, packet, &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_PROTOCOL);
	assert_non_null(strstr(failure.text, "octets were lost"));
	t->ops->close(t);
	close(far);

	far = connected_pair(&t);
	assert_int_equal(t->ops->send(t, reset, sizeof(reset), &failure), 0);
	close(far); /* with octets unread: a reset */
	assert_int_equal(t->ops->ready(t, &in, 1, &failure), -1);
	assert_int_equal(failure.kind, HCI_FAILURE_GONE);
	t->ops->close(t);
}

/* A port without a listener answers later than connect(). */
static void a_port_without_a_listener(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	struct hci_failure failure = {0};
	char spec[64];

	(void)state;
	int server = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(spec, sizeof(spec), "tcp:[127.0.0.1]:%u", ntohs(address.sin_port));
	struct hci_transport *t = hci_transport_open(spec, &access_none, &failure);
	if (t) {
		const struct pollfd not_yet = {.revents = 0};
		assert_int_equal(t->phase, HCI_PHASE_OPENING);
		assert_non_null(strstr(t->waiting.text, "it does not answer"));
		assert_int_equal(t->ops->ready(t, &not_yet, 1, &failure), 0);
		assert_int_equal(turn(t, &failure), -1);
		t->ops->close(t);
	}
	assert_int_equal(failure.kind, HCI_FAILURE_NOT_FOUND);
	assert_non_null(strstr(failure.text, "Connection refused"));
	close(server);
	assert_null(hci_transport_open("tcp:127.0.0.1:no such service", &access_none, &failure));
	assert_non_null(strstr(failure.text, "cannot find \"127.0.0.1\""));
	/* A connection to a broadcast address is refused at once. */
	failure.text[0] = '\0';
	assert_null(hci_transport_open("tcp:255.255.255.255:1", &access_none, &failure));
	assert_non_null(strstr(failure.text, "is a controller listening there?"));
}

/* A record that is cut by a full disk. */
static void a_capture_on_a_full_disk(void **state)
{
	struct hci_btsnoop snoop;
	struct hci_failure failure = {0};
	static uint8_t long_one[HCI_PACKET_MAX + 8] = {HCI_ACL};

	(void)state;
	/* A pipe that takes less than a record. */
	int ends[2];
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
	hci_btsnoop_start(&snoop, ends[1], false);
	int written = 0;
	while (hci_btsnoop_write(&snoop, true, 0, long_one, sizeof(long_one), &failure) == 0)
		assert_true(written++ < 100);
	assert_non_null(strstr(failure.text, "cannot write the capture file"));
	hci_btsnoop_close(&snoop);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_a_unix_socket),
		cmocka_unit_test(over_tcp),
		cmocka_unit_test(over_a_serial_line),
		cmocka_unit_test(captures),
		cmocka_unit_test(specs_that_are_refused),
		cmocka_unit_test(a_stream_that_is_full),
		cmocka_unit_test(errors_of_a_stream),
		cmocka_unit_test(a_port_without_a_listener),
		cmocka_unit_test(a_capture_on_a_full_disk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
