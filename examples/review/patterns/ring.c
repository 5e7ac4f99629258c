/* A ring with one producer and one consumer: neither takes a lock. */
#define SIZE 2

struct ring {
	unsigned head, tail;
	int slot[SIZE];
	struct device *owner;	/* of no interest here */
};

/* An empty ring is filled; and, in a review of its own, a full one is drained. */
/* litmus: start of drain: ring->head = 2, ring->slot[0] = 7, ring->slot[1] = 7 */

/* litmus: side of fill, item = 1 */
/* litmus: side of drain, item = 1 */
static int ring_put(struct ring *ring, int item)
{
	unsigned head = ring->head;

	if (head - READ_ONCE(ring->tail) == SIZE)
		return -ENOSPC;
	ring->slot[head & (SIZE - 1)] = item;
	smp_wmb();
	WRITE_ONCE(ring->head, head + 1);
	return 0;
}

/* litmus: side of fill */
/* litmus: side of drain */
static int ring_get(struct ring *ring)
{
	unsigned tail = ring->tail;
	int item;

	if (READ_ONCE(ring->head) == tail)
		return -EAGAIN;
	smp_rmb();
	item = ring->slot[tail & (SIZE - 1)];
	smp_mb();
	WRITE_ONCE(ring->tail, tail + 1);
	return item;
}
