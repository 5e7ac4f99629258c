/* sleep.c with a state that is set too lightly. */
struct event {
	int happened;
};

/* litmus: side, current = task */
void event_wait(struct event *event)
{
	__set_current_state(TASK_INTERRUPTIBLE);
	if (!event->happened)
		schedule();
	__set_current_state(TASK_RUNNING);
}

/* litmus: side */
void event_signal(struct event *event, struct task_struct *task)
{
	event->happened = 1;
	wake_up_process(task);
}
