/*
 * What was merged (d9d332e0874f), in short: the lock of the anon_vma around it all, even if it is new, and no barriers.
 * The memory comes from a cache whose constructor has initialised it, for all to see: see merged-new.c.
 */
struct vma;
struct anon_vma { spinlock_t lock; struct vma *first; };
struct mm { spinlock_t page_table_lock; };
struct vma { struct mm *mm; struct anon_vma *anon_vma; };
struct page { struct anon_vma *mapping; };

/* litmus: new anon_vma_alloc (lock = 0, first = 0) */

/* litmus: side of anon_vma */
int anon_vma_prepare(struct vma *vma, struct mm *mm)
{
	struct anon_vma *av = vma->anon_vma;

	might_sleep();
	if (unlikely(!av)) {
		av = anon_vma_alloc();
		if (unlikely(!av))
			return -ENOMEM;
		spin_lock(&av->lock);
		spin_lock(&mm->page_table_lock);
		if (likely(!vma->anon_vma)) {
			vma->anon_vma = av;
			av->first = vma;
		}
		spin_unlock(&mm->page_table_lock);
		spin_unlock(&av->lock);
	}
	return 0;
}

/* litmus: side of anon_vma */
void page_add_anon_rmap(struct page *page, struct vma *vma)
{
	struct anon_vma *av = vma->anon_vma;

	if (av)
		page->mapping = av;
}

/* litmus: side of anon_vma */
struct vma *page_lock_anon_vma(struct page *page)
{
	struct anon_vma *av = page->mapping;
	struct vma *first;

	if (!av)
		return NULL;
	spin_lock(&av->lock);
	first = av->first;
	spin_unlock(&av->lock);
	return first;
}
