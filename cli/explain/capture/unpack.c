/* SPDX-License-Identifier: MIT */
#include "capture/unpack.h"

#include <string.h>

/* A file chooses how much memory it needs; see EXPLAIN_CONTAINER_MEMORY, of the whole process. */
#define XZ_MEMORY ((uint64_t)256 << 20)
/* A window of 32 KiB, and the header of gzip. */
#define GZIP_WINDOW (15 + 16)

static const struct {
	const char *name, *magic;
	uint8_t at, len;
} kinds[UNPACK_KINDS] = {
	[UNPACK_GZIP] = {"gzip", "\x1f\x8b", 0, 2},
	[UNPACK_XZ] = {"xz",
		       "\xfd"
		       "7zXZ\0",
		       0, 6},
	[UNPACK_BZIP2] = {"bzip2", "1AY&SY", 4, 6}, /* behind BZh and a digit */
	[UNPACK_ZSTD] = {"zstd", "\x28\xb5\x2f\xfd", 0, 4},
};

enum unpack_kind unpack_kind_of(const uint8_t *first, size_t len)
{
	size_t i = 0;

	while (i < UNPACK_KINDS && (len < (size_t)kinds[i].at + kinds[i].len ||
				    memcmp(first + kinds[i].at, kinds[i].magic, kinds[i].len) != 0))
		i++;
	return (enum unpack_kind)i;
}

const char *unpack_kind_name(enum unpack_kind kind)
{
	return kinds[kind].name;
}

int unpack_begin(struct unpacker *u, const struct explain_library *library, enum unpack_kind kind)
{
	*u = (struct unpacker){.library = library, .kind = kind};
	switch (kind) {
	case UNPACK_GZIP:
		u->open = library->inflate_init(&u->state.gzip, GZIP_WINDOW, ZLIB_VERSION,
						(int)sizeof(u->state.gzip)) == Z_OK;
		break;
	case UNPACK_XZ:
		u->open = library->lzma_begin(&u->state.xz, XZ_MEMORY, 0) == EXPLAIN_LZMA_OK;
		break;
	case UNPACK_BZIP2:
		u->open = library->bzip2_begin(&u->state.bzip2, 0, 0) == EXPLAIN_BZIP2_OK;
		break;
	case UNPACK_ZSTD:
		u->state.zstd = library->zstd_begin();
		u->open = u->state.zstd != NULL;
		break;
	case UNPACK_KINDS:
		break;
	}
	return u->open ? 0 : -1;
}

static enum unpack_status step_gzip(struct unpacker *u, const uint8_t **in, size_t *in_len,
				    uint8_t **out, size_t *out_len)
{
	z_stream *z = &u->state.gzip;

	z->next_in = *in;
	z->avail_in = (uInt)*in_len;
	z->next_out = *out;
	z->avail_out = (uInt)*out_len;
	int status = u->library->inflate(z, Z_NO_FLUSH);
	*in = z->next_in;
	*in_len = z->avail_in;
	*out = z->next_out;
	*out_len = z->avail_out;
	return status == Z_STREAM_END			 ? UNPACK_MEMBER
	       : status == Z_OK || status == Z_BUF_ERROR ? UNPACK_MORE
	       : status == Z_MEM_ERROR			 ? UNPACK_MEMORY
							 : UNPACK_DAMAGED;
}

static enum unpack_status step_xz(struct unpacker *u, const uint8_t **in, size_t *in_len,
				  uint8_t **out, size_t *out_len)
{
	struct explain_lzma *x = &u->state.xz;

	x->next_in = *in;
	x->avail_in = *in_len;
	x->next_out = *out;
	x->avail_out = *out_len;
	int status = u->library->lzma_code(x, EXPLAIN_LZMA_RUN);
	*in = x->next_in;
	*in_len = x->avail_in;
	*out = x->next_out;
	*out_len = x->avail_out;
	return status == EXPLAIN_LZMA_STREAM_END			       ? UNPACK_MEMBER
	       : status == EXPLAIN_LZMA_OK || status == EXPLAIN_LZMA_BUF_ERROR ? UNPACK_MORE
	       : status == EXPLAIN_LZMA_MEM_ERROR || status == EXPLAIN_LZMA_MEMLIMIT_ERROR
		       ? UNPACK_MEMORY
		       : UNPACK_DAMAGED;
}

static enum unpack_status step_bzip2(struct unpacker *u, const uint8_t **in, size_t *in_len,
				     uint8_t **out, size_t *out_len)
{
	struct explain_bzip2 *b = &u->state.bzip2;

	b->next_in = *in;
	b->avail_in = (unsigned)*in_len;
	b->next_out = *out;
	b->avail_out = (unsigned)*out_len;
	int status = u->library->bzip2_decompress(b);
	*in = b->next_in;
	*in_len = b->avail_in;
	*out = b->next_out;
	*out_len = b->avail_out;
	return status == EXPLAIN_BZIP2_STREAM_END  ? UNPACK_MEMBER
	       : status == EXPLAIN_BZIP2_OK	   ? UNPACK_MORE
	       : status == EXPLAIN_BZIP2_MEM_ERROR ? UNPACK_MEMORY
						   : UNPACK_DAMAGED;
}

static enum unpack_status step_zstd(struct unpacker *u, const uint8_t **in, size_t *in_len,
				    uint8_t **out, size_t *out_len)
{
	struct explain_zstd_in from = {*in, *in_len, 0};
	struct explain_zstd_out to = {*out, *out_len, 0};
	size_t status = u->library->zstd_decompress(u->state.zstd, &to, &from);

	*in += from.pos;
	*in_len -= from.pos;
	*out += to.pos;
	*out_len -= to.pos;
	/* A window that is too large is an error, too: damage and it look alike. */
	return u->library->zstd_is_error(status) ? UNPACK_DAMAGED
	       : status == 0			 ? UNPACK_MEMBER
						 : UNPACK_MORE;
}

enum unpack_status unpack_step(struct unpacker *u, const uint8_t **in, size_t *in_len,
			       uint8_t **out, size_t *out_len)
{
	static enum unpack_status (*const steps[UNPACK_KINDS])(struct unpacker *, const uint8_t **,
							       size_t *, uint8_t **, size_t *) = {
		[UNPACK_GZIP] = step_gzip,
		[UNPACK_XZ] = step_xz,
		[UNPACK_BZIP2] = step_bzip2,
		[UNPACK_ZSTD] = step_zstd,
	};

	return steps[u->kind](u, in, in_len, out, out_len);
}

void unpack_end(struct unpacker *u)
{
	if (!u->open)
		return;
	u->open = false;
	switch (u->kind) {
	case UNPACK_GZIP:
		(void)u->library->inflate_end(&u->state.gzip);
		break;
	case UNPACK_XZ:
		u->library->lzma_end(&u->state.xz);
		break;
	case UNPACK_BZIP2:
		(void)u->library->bzip2_end(&u->state.bzip2);
		break;
	case UNPACK_ZSTD:
		(void)u->library->zstd_end(u->state.zstd);
		break;
	case UNPACK_KINDS:
		break;
	}
}
