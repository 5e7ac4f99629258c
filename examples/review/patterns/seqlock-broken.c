/* seqlock.c by hand, with a write barrier left out, and one that is not needed. */
struct stamp {
	unsigned count;
	int seconds, nanoseconds;
};

/* litmus: side of stamp, now = 1 */
static void stamp_set(struct stamp *stamp, int now)
{
	stamp->count++;
	WRITE_ONCE(stamp->seconds, now);
	WRITE_ONCE(stamp->nanoseconds, now);
	smp_wmb();
	stamp->count++;
	smp_mb();
}

/* litmus: side of stamp */
static int stamp_get(struct stamp *stamp)
{
	unsigned begin;
	int seconds, nanoseconds;

	do {
		begin = READ_ONCE(stamp->count);
		smp_rmb();
		seconds = READ_ONCE(stamp->seconds);
		nanoseconds = READ_ONCE(stamp->nanoseconds);
		smp_rmb();
	} while ((begin & 1) || READ_ONCE(stamp->count) != begin);
	/* litmus: never (seconds != nanoseconds) */
	return seconds;
}
