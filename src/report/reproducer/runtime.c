/* ---- What follows is the same in every reproducer: the table above says what is done. ---- */

#define STAMP_ZERO 0ULL
#define SECTORS_MAX 256
#define SECTORS_PER_PAGE (PAGE / SECTOR)
/* Stamps of what is there at the beginning, and of what a former owner of a block left. */
#define OP_INITIAL 255
#define OP_FORMER 254

static const char *dir;
static unsigned int iteration;
static unsigned long long seen_stale, seen_lost, seen_cache, seen_mixed;
static pthread_barrier_t begin_all;
static volatile int returned[OPS];
static volatile long results[OPS];
static volatile const char *doing[TASKS];
static char *buffers[OPS];
static void *mapped[FILES];
static int direct_fd[FILES], cached_fd[FILES];
static unsigned long long random_state = 88172645463325252ULL;

static unsigned long long next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static unsigned long long stamp_of(int op, int file, int sector)
{
	return ((unsigned long long)iteration << 32) | ((unsigned long long)op << 24) | (file << 16) | (sector + 1);
}

static void fill(char *memory, int op, int file, int first, int count)
{
	for (int s = 0; s < count; s++)
		for (int at = 0; at < SECTOR; at += 8)
			*(unsigned long long *)(memory + s * SECTOR + at) = stamp_of(op, file, first + s);
}

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(3);
}

/* What a sector holds: one stamp, or a mix of several. */
static int read_stamp(const char *memory, unsigned long long *stamp)
{
	*stamp = *(const unsigned long long *)memory;
	for (int at = 8; at < SECTOR; at += 8)
		if (*(const unsigned long long *)(memory + at) != *stamp)
			return 0;
	return 1;
}

static const char *stamp_text(unsigned long long stamp, char *text)
{
	int op = stamp >> 24 & 255;
	if (stamp == STAMP_ZERO)
		return "zeros";
	if ((unsigned int)(stamp >> 32) != iteration)
		sprintf(text, "data of another round");
	else if (op == OP_INITIAL)
		sprintf(text, "what was there at the beginning");
	else if (op == OP_FORMER)
		sprintf(text, "what a former owner of the block left");
	else
		sprintf(text, "%s", op < OPS ? ops[op].name : "nobody's data");
	return text;
}

/* Whether a sector of a file may hold this: zeros, its beginning, or what an operation writes there. */
static int may_hold(int file, int sector, unsigned long long stamp)
{
	int op = stamp >> 24 & 255;
	if (stamp == STAMP_ZERO)
		return 1;
	if ((unsigned int)(stamp >> 32) != iteration)
		return 0;
	if (COPIES)
		return op != OP_FORMER;
	if ((int)(stamp >> 16 & 255) != file || (int)(stamp & 65535) != sector + 1)
		return 0;
	if (op == OP_INITIAL)
		return 1;
	return op < OPS && ops[op].writes && ops[op].file == file && sector >= ops[op].first &&
	       sector < ops[op].first + ops[op].count;
}

static void tell(const char *what, const char *who, int file, int sector, unsigned long long stamp)
{
	char text[64];
	printf("round %u: %s: %s: sector %d of %s holds %s\n", iteration, what, who, sector, files[file].name,
	       stamp_text(stamp, text));
}

static void check_read(const char *who, const char *memory, int file, int first, int count)
{
	for (int s = 0; s < count; s++) {
		unsigned long long stamp;
		if (!read_stamp(memory + s * SECTOR, &stamp)) {
			seen_mixed++;
			continue;
		}
		if (may_hold(file, first + s, stamp))
			continue;
		if (seen_stale++ < 5)
			tell("STALE_DATA", who, file, first + s, stamp);
	}
}

/* Operations take their turn about as in the counterexample; how far apart is another in every round, from one to 128. */
static void take_turn(const struct op *op)
{
	for (int nth = 0; nth < op->after_count; nth++)
		while (!returned[op->after[nth]])
			sched_yield();
	unsigned long long turn = TURN << iteration % 8;
	unsigned long long spins = op->turn * (next_random() % turn) + next_random() % (turn / 4);
	for (volatile unsigned long long spin = 0; spin < spins; spin++)
		;
}

/* The buffer: memory of its own, a mapping of a file, and pages that cannot be reached. */
static int segments(const struct op *op, int at, struct iovec *vector)
{
	char *own = buffers[at];
	for (int nth = 0; nth < op->segment_count; nth++) {
		const struct segment *segment = &op->segments[nth];
		vector[nth].iov_len = segment->bytes;
		if (segment->kind == SEGMENT_EFAULT)
			vector[nth].iov_base = mmap(NULL, segment->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		else if (segment->kind == SEGMENT_ANON) {
			vector[nth].iov_base = own;
			own += segment->bytes;
		} else
			vector[nth].iov_base = mmap(NULL, segment->bytes, PROT_READ | PROT_WRITE,
						    segment->kind == SEGMENT_SHARED ? MAP_SHARED : MAP_PRIVATE,
						    cached_fd[segment->file], segment->offset);
		if (vector[nth].iov_base == MAP_FAILED)
			die("mmap");
	}
	return op->segment_count;
}

static void perform(int at)
{
	const struct op *op = &ops[at];
	int fd = op->direct ? direct_fd[op->file] : cached_fd[op->file];
	off_t pos = (off_t)op->first * SECTOR;
	size_t bytes = (size_t)op->count * SECTOR;
	struct iovec vector[SEGMENTS_MAX];
	long ret = 0;

	take_turn(op);
	doing[op->task] = op->name;
	switch (op->kind) {
	case OP_PREAD:
		ret = preadv2(fd, vector, segments(op, at, vector), pos, op->flags);
		break;
	case OP_PWRITE:
		ret = pwritev2(fd, vector, segments(op, at, vector), pos, op->flags);
		break;
	case OP_LOAD:
		memcpy(buffers[at], (char *)mapped[op->file] + pos, bytes);
		ret = bytes;
		break;
	case OP_STORE:
		fill((char *)mapped[op->file] + pos, at, op->file, op->first, op->count);
		ret = bytes;
		break;
	case OP_FSYNC:
		ret = fsync(fd);
		break;
	case OP_FDATASYNC:
		ret = fdatasync(fd);
		break;
	case OP_MSYNC:
		ret = msync((char *)mapped[op->file] + pos / PAGE * PAGE, bytes, op->flags);
		break;
	case OP_FTRUNCATE:
		ret = ftruncate(fd, bytes);
		break;
	case OP_FALLOCATE:
		ret = fallocate(fd, op->flags, pos, bytes);
		break;
	case OP_FADVISE:
		ret = -posix_fadvise(fd, pos, bytes, op->flags);
		break;
	case OP_SYNC_FILE_RANGE:
		ret = sync_file_range(fd, pos, bytes, op->flags);
		break;
	}
	results[at] = ret < 0 ? -errno : ret;
	returned[at] = 1;
	doing[op->task] = NULL;
	if (op->reads && ret > 0)
		check_read(op->name, buffers[at], op->file, op->first, ret / SECTOR);
}

static void *run_task(void *argument)
{
	int task = (int)(long)argument;
	pthread_barrier_wait(&begin_all);
	for (int at = 0; at < OPS; at++)
		if (ops[at].task == task)
			perform(at);
	return NULL;
}

/* What the kernel does by itself: writes dirty pages back, and drops clean ones. */
static void *run_kernel(void *argument)
{
	(void)argument;
	pthread_barrier_wait(&begin_all);
	for (int nth = 0; nth < 4; nth++) {
		for (int file = 0; file < FILES; file++) {
			if (FLUSHER)
				sync_file_range(cached_fd[file], 0, 0, SYNC_FILE_RANGE_WRITE);
			if (RECLAIM)
				posix_fadvise(cached_fd[file], 0, 0, POSIX_FADV_DONTNEED);
		}
		for (volatile unsigned long long spin = 0; spin < TURN; spin++)
			;
	}
	return NULL;
}

static void prepare(void)
{
	static char content[SECTORS_MAX * SECTOR] __attribute__((aligned(PAGE)));
	char path[4096];

	for (int file = 0; file < FILES; file++) {
		const struct file *given = &files[file];
		snprintf(path, sizeof(path), "%s/%s", dir, given->name);
		unlink(path);
		cached_fd[file] = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
		direct_fd[file] = open(path, O_RDWR | O_DIRECT);
		if (cached_fd[file] < 0 || direct_fd[file] < 0)
			die(path);
		/* Blocks that are not the file's at the beginning hold what somebody left in them. */
		fill(content, OP_FORMER, file, 0, SECTORS_MAX);
		if (pwrite(cached_fd[file], content, SECTORS_MAX * SECTOR, 0) < 0 || fsync(cached_fd[file]) < 0 ||
		    ftruncate(cached_fd[file], 0) < 0 || fsync(cached_fd[file]) < 0)
			die(path);
		fill(content, OP_INITIAL, file, 0, SECTORS_MAX);
		for (int nth = 0; nth < given->run_count; nth++) {
			const struct run *run = &given->runs[nth];
			off_t pos = (off_t)run->first * SECTOR;
			size_t bytes = (size_t)run->count * SECTOR;
			if (run->written ? pwrite(cached_fd[file], content + pos, bytes, pos) < 0
					 : fallocate(cached_fd[file], FALLOC_FL_KEEP_SIZE, pos, bytes) < 0)
				die(path);
		}
		if (ftruncate(cached_fd[file], (off_t)given->sectors * SECTOR) < 0 || fsync(cached_fd[file]) < 0)
			die(path);
		posix_fadvise(cached_fd[file], 0, 0, POSIX_FADV_DONTNEED);
		for (int nth = 0; nth < given->cached_count; nth++) {
			const struct run *run = &given->cached[nth];
			if (pread(cached_fd[file], content, run->count * SECTOR, (off_t)run->first * SECTOR) < 0)
				die(path);
		}
		mapped[file] = mmap(NULL, SECTORS_MAX * SECTOR, PROT_READ | PROT_WRITE, MAP_SHARED, cached_fd[file], 0);
		if (mapped[file] == MAP_FAILED)
			die("mmap");
	}
	for (int at = 0; at < OPS; at++) {
		returned[at] = 0;
		fill(buffers[at], at, ops[at].file, ops[at].first, ops[at].count);
	}
}

/* When all is done: a sector that one operation wrote holds that, and the page cache holds what the blocks hold. */
static void check_end(void)
{
	static char cached[SECTORS_MAX * SECTOR] __attribute__((aligned(PAGE)));
	static char direct[SECTORS_MAX * SECTOR] __attribute__((aligned(PAGE)));

	for (int file = 0; file < FILES; file++) {
		struct stat status;
		if (fstat(cached_fd[file], &status) < 0)
			die("fstat");
		int sectors = status.st_size / SECTOR;
		memset(cached, 0, sizeof(cached));
		memset(direct, 0, sizeof(direct));
		if (pread(cached_fd[file], cached, sectors * SECTOR, 0) < 0)
			die("pread");
		fsync(cached_fd[file]);
		if (pread(direct_fd[file], direct, (status.st_size + PAGE - 1) / PAGE * PAGE, 0) < 0)
			die("direct pread");
		for (int sector = 0; sector < sectors; sector++) {
			unsigned long long in_cache, on_disk;
			int writer = -1, writers = 0;
			if (!read_stamp(cached + sector * SECTOR, &in_cache) ||
			    !read_stamp(direct + sector * SECTOR, &on_disk)) {
				seen_mixed++;
				continue;
			}
			if (in_cache != on_disk && seen_cache++ < 5)
				tell("STALE_CACHE", "the page cache", file, sector, in_cache);
			for (int at = 0; at < OPS; at++)
				if (ops[at].file == file && (ops[at].writes || ops[at].kind == OP_FTRUNCATE ||
							     ops[at].kind == OP_FALLOCATE) &&
				    (ops[at].kind == OP_FTRUNCATE ||
				     (sector >= ops[at].first && sector < ops[at].first + results[at] / SECTOR))) {
					writer = at;
					writers++;
				}
			if (!may_hold(file, sector, on_disk)) {
				if (seen_stale++ < 5)
					tell("STALE_DATA", "the file at the end", file, sector, on_disk);
			} else if (!COPIES && writers == 1 && ops[writer].writes && in_cache != stamp_of(writer, file, sector) &&
				   seen_lost++ < 5)
				tell("LOST_UPDATE", ops[writer].name, file, sector, in_cache);
		}
		munmap(mapped[file], SECTORS_MAX * SECTOR);
		close(direct_fd[file]);
		close(cached_fd[file]);
	}
}

/* A round that does not end: who was doing what. */
static void hung(int signal)
{
	(void)signal;
	printf("round %u: DEADLOCK: no end after %d s\n", iteration, HANG_SECONDS);
	for (int task = 0; task < TASKS; task++)
		if (doing[task] != NULL)
			printf("  task %d: in %s\n", task + 1, (const char *)doing[task]);
	fflush(stdout);
	_exit(1);
}

int main(int argc, char **argv)
{
	pthread_t threads[TASKS + 1];
	unsigned int rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : ROUNDS;

	if (argc < 2) {
		fprintf(stderr, "usage: %s FOLDER [ROUNDS]\n  FOLDER lies on the file system to look at\n", argv[0]);
		return 2;
	}
	dir = argv[1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int at = 0; at < OPS; at++)
		if (posix_memalign((void **)&buffers[at], PAGE, SECTORS_MAX * SECTOR) != 0)
			die("memory");
	signal(SIGALRM, hung);
	for (iteration = 1; iteration <= rounds; iteration++) {
		prepare();
		alarm(HANG_SECONDS);
		pthread_barrier_init(&begin_all, NULL, TASKS + 1);
		for (long task = 0; task < TASKS; task++)
			pthread_create(&threads[task], NULL, run_task, (void *)task);
		pthread_create(&threads[TASKS], NULL, run_kernel, NULL);
		for (int nth = 0; nth <= TASKS; nth++)
			pthread_join(threads[nth], NULL);
		pthread_barrier_destroy(&begin_all);
		alarm(0);
		check_end();
	}
	printf("%u rounds: STALE_DATA %llu, STALE_CACHE %llu, LOST_UPDATE %llu sectors; %llu sectors with parts of several\n",
	       rounds, seen_stale, seen_cache, seen_lost, seen_mixed);
	return seen_stale + seen_cache + seen_lost > 0;
}
