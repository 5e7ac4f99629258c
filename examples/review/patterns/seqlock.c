/* A pair of numbers that readers see whole, without a lock. */
struct stamp {
	seqcount_t count;
	int seconds, nanoseconds;
};

/* litmus: side of stamp, now = 1 */
static void stamp_set(struct stamp *stamp, int now)
{
	write_seqcount_begin(&stamp->count);
	WRITE_ONCE(stamp->seconds, now);
	WRITE_ONCE(stamp->nanoseconds, now);
	write_seqcount_end(&stamp->count);
}

/* litmus: side of stamp */
static int stamp_get(struct stamp *stamp)
{
	unsigned begin;
	int seconds, nanoseconds;

	do {
		begin = read_seqcount_begin(&stamp->count);
		seconds = READ_ONCE(stamp->seconds);
		nanoseconds = READ_ONCE(stamp->nanoseconds);
	} while (read_seqcount_retry(&stamp->count, begin));
	/* litmus: never (seconds != nanoseconds) */
	return seconds;
}
