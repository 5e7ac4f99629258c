/* Sleeping until something has happened: either the sleeper sees that it has, or whoever lets it happen wakes it. */
struct event {
	int happened;
	struct task_struct *waiter;
};

/* litmus: ignore schedule */
/* litmus: never (event_wait.asleep == 1 && event_signal.woken == 0) */

/* litmus: side, current = task */
void event_wait(struct event *event)
{
	int asleep = 0;

	set_current_state(TASK_INTERRUPTIBLE);
	if (!event->happened) {
		asleep = 1;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

/* litmus: side */
void event_signal(struct event *event, struct task_struct *task)
{
	int woken;

	event->happened = 1;
	woken = wake_up_process(task);
}
