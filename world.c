/* SPDX-License-Identifier: MIT */
/*
 * world: the whole mutable state of mcinit, and how it outlives the image; see world.h.
 *
 * Two commits stand in the mapping, and the older one is written over, its number last: at no
 * instruction is there none that is whole.  It must never keep a pointer in the mapping.
 */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "fds.h"
#include "sys.h"
#include "world_in.h"

enum { HIGH = 16, COPIES = 200 };

_Static_assert(sizeof(struct world) + sizeof(struct world_record) * 600 < WORLD_HALF - 64,
    "a commit finds no room");

static struct world working;
struct world_image *world_mapped;
static int image_fd = -1;
static bool is_read;			/* the working copy is whole, should there be no mapping */

/* ---- the mapping ---- */

static void
begin_head(struct world_head *h)
{
	*h = (struct world_head){ .layout = WORLD_LAYOUT, .head_bytes = sizeof(*h),
		.bytes = sizeof(*world_mapped),
		.half_at = { offsetof(struct world_image, half[0]), offsetof(struct world_image, half[1]) },
		.half_bytes = sizeof(struct world_half), .text_at = offsetof(struct world_image, text),
		.text_bytes = sizeof(struct load_text), .texts = WORLD_TEXTS };
	memcpy(h->magic, "mcinit\r\n", sizeof(h->magic));
}

/*
 * Under another name until it has its blocks and its head: who looks for the state of an mcinit
 * that is gone finds a whole one or none.
 */
static int
make_file(int dir)
{
	int fd, rc;

	sys_remove_at(dir, "state.new", false);
	fd = sys_open_at(dir, "state.new", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fd;
	rc = sys_allocate(fd, sizeof(*world_mapped));
	if (rc == -EOPNOTSUPP)
		rc = sys_truncate(fd, sizeof(*world_mapped));
	if (rc == 0)
		return fd;
	sys_close(fd);
	return rc;
}

static int
make_memory(void)
{
	int fd = sys_memfd("mcinit-state"), rc;

	if (fd < 0)
		return fd;
	/* The kernel makes it for everybody who finds a way to it (0777). */
	rc = sys_set_mode(fd, 0600);
	if (rc == 0)
		rc = sys_truncate(fd, sizeof(*world_mapped));
	if (rc < 0) {
		sys_close(fd);
		return rc;
	}
	sys_seal_size(fd);
	return fd;
}

static int
high(int fd)
{
	int above;

	if (fd < 0 || fd >= HIGH)
		return fd;
	above = sys_move_above(fd, HIGH);
	sys_close(fd);
	return above;
}

/* An empty mapping becomes ours; what is in the file of the one before, if any, is left as it is. */
static int
make(int dir)
{
	struct world_image *made;
	int fd = high(dir >= 0 ? make_file(dir) : make_memory());

	/* Without memfd (before Linux 3.17) mcinit works all the same, but does not outlive itself. */
	made = fd >= 0 ? sys_map_fd(fd, sizeof(*made)) : dir < 0 ? sys_map_shared(sizeof(*made)) : NULL;
	if (made == NULL) {
		if (fd >= 0)
			sys_close(fd);
		return fd < 0 ? fd : -ENOMEM;
	}
	world_mapped = made;
	image_fd = fd;
	begin_head(&world_mapped->head);
	proc_born_into(&world_mapped->head.birth, world_commit);
	return 0;
}

/* From now on it is found by who looks for it: it must be whole. */
static int
publish(int dir)
{
	world_commit();
	return dir >= 0 ? sys_rename_at(dir, "state.new", "state") : 0;
}

struct world *
world_create(int dir)
{
	world_blank(&working);
	if (make(dir) < 0)
		return NULL;
	working.started = sys_now();
	world_sign();
	return publish(dir) < 0 ? NULL : &working;
}

/* A state of ours, or of nobody else's making: a regular file that only we may touch; its size. */
static off_t
size_of(int fd)
{
	struct stat st;

	if (sys_stat_fd(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != sys_uid() ||
	    (st.st_mode & 077) != 0 || st.st_size < (off_t)sizeof(struct world_head) ||
	    st.st_size > 64 * (off_t)sizeof(*world_mapped))
		return -1;
	return st.st_size;
}

/* Whether the mapping is of exactly our form, so that it can be worked on as it is. */
static bool
is_our_form(const struct world_head *h)
{
	struct world_head ours;

	begin_head(&ours);
	return memcmp(h, &ours, offsetof(struct world_head, faults)) == 0;
}

int
world_attach(int fd)
{
	off_t size = size_of(fd);
	struct world_image *found = NULL;

	if (size < 0)
		return -EINVAL;
	if (size == sizeof(*found))
		found = sys_map_fd(fd, sizeof(*found));
	if (found == NULL || !is_our_form(&found->head))
		return -EPROTO;
	world_mapped = found;
	image_fd = fd;
	proc_born_into(&world_mapped->head.birth, world_commit);
	return 0;
}

/* What another build knows in its head; its box may be of another form. */
static void
take_head(const struct world_head *old)
{
	struct world_head *to = &world_mapped->head;

	to->faults = old->faults;
	to->generation = old->generation;
	if (old->head_bytes >= offsetof(struct world_head, box)) {
		to->owner = old->owner;
		to->fault = old->fault;
		to->birth = old->birth;
	}
	if (old->head_bytes >= offsetof(struct world_head, equip) + sizeof(old->equip))
		to->equip = old->equip;
}

static void
take_text(uint32_t to, const char *old, uint32_t from)
{
	const struct world_head *head = (const void *)old;
	const struct load_text *text = (const void *)(old + head->text_at +
	    (size_t)from * head->text_bytes);

	if (text->bytes <= sizeof(text->text))
		memcpy(&world_mapped->text[to], text, load_bytes(text));
}

/* A new mapping with all that the old one has beside its commits. */
static int
make_from(const char *old, int dir)
{
	int rc = make(dir);

	if (rc < 0)
		return rc;
	take_head((const void *)old);
	for (uint32_t i = 0; i < WORLD_TEXTS; i++)
		take_text(i, old, i);
	return publish(dir);
}

/* As the state before was kept, so is this one. */
static int
make_like_before(const char *old)
{
	int dir = -1, rc = 0;

	if (working.machine.whole.mode == MODE_SERVICE)
		dir = sys_open(working.console.path, O_RDONLY | O_DIRECTORY, 0);
	if (dir >= 0)
		rc = make_from(old, dir);
	if (dir < 0 || rc < 0) {
		/* Whoever adopted the file of before would find what is not so any more. */
		if (dir >= 0)
			sys_remove_at(dir, "state", false);
		rc = make_from(old, -1);
	}
	if (dir >= 0)
		sys_close(dir);
	return rc;
}

int
world_import(int fd)
{
	off_t size = size_of(fd);
	const char *old = size > 0 ? sys_map_private(fd, (size_t)size) : NULL;
	int rc;

	if (old == NULL)
		return -EINVAL;
	rc = world_read(&working, old, (size_t)size);
	is_read = rc == 0;
	if (rc == 0)
		rc = make_like_before(old);
	sys_unmap((void *)(uintptr_t)old, (size_t)size);
	return rc;
}

/* While it is being read, whoever works on it may write over what is read. */
int
world_copy(int fd)
{
	off_t size = size_of(fd);
	char *copy = size > 0 ? sys_map_shared((size_t)size) : NULL;
	int rc = copy == NULL ? -EINVAL : -EBADMSG;

	for (int i = 0; i < COPIES && rc == -EBADMSG; i++) {
		if (i > 0)
			sys_readable(-1, 1);
		if (sys_pread(fd, copy, (size_t)size, 0) == size)
			rc = world_read(&working, copy, (size_t)size);
	}
	if (rc == 0)
		rc = make_from(copy, -1);
	if (copy != NULL)
		sys_unmap(copy, (size_t)size);
	return rc;
}

/* ---- adoption ---- */

static void
read_boot(char boot[sizeof(((struct world_owner *)0)->boot)])
{
	int fd = sys_open("/proc/sys/kernel/random/boot_id", O_RDONLY, 0);
	ssize_t n = fd < 0 ? -1 : sys_read(fd, boot, 36);

	if (fd >= 0)
		sys_close(fd);
	boot[n == 36 ? 36 : 0] = '\0';
}

void
world_sign(void)
{
	struct world_owner owner = { .pid = sys_pid() };

	sys_build_id(owner.build);
	if (proc_start_time(owner.pid, &owner.ticks) < 0)
		owner.ticks = 0;
	read_boot(owner.boot);
	/* Without it nobody could adopt what runs; and it is the same as long as anything does. */
	if (owner.boot[0] == '\0')
		memcpy(owner.boot, world_mapped->head.owner.boot, sizeof(owner.boot));
	world_mapped->head.owner = owner;
}

/* Numbers of processes mean nothing after a boot, and the state itself may be half written. */
static bool
is_of_this_boot(const struct world_head *head)
{
	char boot[sizeof(head->owner.boot)];

	read_boot(boot);
	return boot[0] != '\0' && head->head_bytes >= offsetof(struct world_head, fault) &&
	    memcmp(head->owner.boot, boot, sizeof("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")) == 0;
}

/* Text 1 is the one in force, and 2 the one before. */
static int
take_over(int dir, const char *old, const struct load_text *text)
{
	uint32_t now = working.text, before = working.text_before;
	int rc = make(dir);

	if (rc < 0)
		return rc;
	take_head((const void *)old);
	world_mapped->head.faults = 0;
	world_mapped->head.generation++;
	memcpy(&world_mapped->text[0], text, load_bytes(text));
	take_text(1, old, now);
	take_text(2, old, before);
	working.text = 1;
	working.text_before = 2;
	world_sign();
	return publish(dir);
}

int
world_adopt(int dir, const struct load_text *text, bool (*wanted)(const struct world *w))
{
	int fd = sys_open_at(dir, "state", O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0), rc;
	off_t size = fd < 0 ? -1 : size_of(fd);
	const char *old = size > 0 ? sys_map_private(fd, (size_t)size) : NULL;

	if (fd >= 0)
		sys_close(fd);
	if (fd < 0 || old == NULL)
		return fd == -ENOENT ? fd : -EINVAL;
	rc = is_of_this_boot((const void *)old) ? 0 : -ENOENT;
	if (rc == 0)
		rc = world_read(&working, old, (size_t)size);
	if (rc == 0)
		rc = wanted(&working) ? take_over(dir, old, text) : -ENOENT;
	sys_unmap((void *)(uintptr_t)old, (size_t)size);
	return rc;
}

void
world_discard(void)
{
	sys_unmap(world_mapped, sizeof(*world_mapped));
	sys_close(image_fd);
	world_mapped = NULL;
	image_fd = -1;
}

int
world_set_aside(int dir)
{
	return sys_rename_at(dir, "state", "state.bad");
}

struct world *
world_restore(void)
{
	if (world_mapped == NULL)
		return is_read ? &working : NULL;
	return world_read(&working, world_mapped, sizeof(*world_mapped)) == 0 ? &working : NULL;
}

struct world *
world_now(void)
{
	return &working;
}

int
world_fd(void)
{
	return image_fd;
}

void
world_remove(int dir)
{
	struct stat ours, there;

	if (image_fd >= 0 && sys_stat_fd(image_fd, &ours) == 0 &&
	    sys_stat_at(dir, "state", &there) == 0 && ours.st_ino == there.st_ino)
		sys_remove_at(dir, "state", false);
}

/* ---- commits ---- */

/* A slot that nobody uses costs nothing, and its pages stay untouched. */
static bool
is_live(const struct world *w, int slot)
{
	const struct console_slot *c = &w->console.slot[slot];

	return w->machine.server[slot].used || w->name[slot][0] != '\0' ||
	    w->proc.main[slot].session != 0 || c->bell >= 0 || c->source >= 0 || c->sink >= 0;
}

static void
put(struct world_half *half, enum world_part part, int index)
{
	const struct world_form *form = &world_forms[part];
	struct world_record record = { .part = (uint16_t)part, .index = (uint16_t)index,
		.bytes = form->size };
	uint32_t padded = (form->size + 7) & ~7U;
	char *to = half->records + half->bytes;

	memcpy(to, &record, sizeof(record));
	to += sizeof(record);
	memset(to + padded - 8, 0, 8);
	memcpy(to, (const char *)&working + form->offset + (size_t)index * form->size, form->size);
	half->bytes += (uint32_t)sizeof(record) + padded;
}

static void
put_all(struct world_half *half)
{
	half->bytes = 0;
	for (int part = 0; part < PART_COUNT; part++) {
		const int32_t *counter = world_counter(&working, (enum world_part)part);
		int count = counter != NULL ? *counter : world_forms[part].count;

		for (int i = 0; i < count; i++)
			if (world_forms[part].kind != KIND_EACH_SLOT || is_live(&working, i))
				put(half, (enum world_part)part, i);
	}
}

void
world_commit(void)
{
	uint64_t turn = ++working.turns;
	struct world_half *half = &world_mapped->half[turn % 2];

	/* A fault stops us between two instructions: it is the compiler that must keep the order. */
	__atomic_store_n(&half->turn, 0, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	put_all(half);
	half->sum = world_sum(half->records, half->bytes, turn);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&half->turn, turn, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	fds_flush();
}
