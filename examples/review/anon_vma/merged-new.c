/*
 * What was merged (d9d332e0874f), in short: the lock of the anon_vma around it all, even if it is new, and no barriers.
 * As merged.c, but the constructor has only just run: is the lock itself safe to take for a CPU that finds it so soon?
 */
struct vma;
struct anon_vma { spinlock_t lock; struct vma *first; };
struct mm { spinlock_t page_table_lock; };
struct vma { struct mm *mm; struct anon_vma *anon_vma; };
struct page { struct anon_vma *mapping; };

/* The constructor of the cache: it runs when memory is new. */
static void construct(struct anon_vma *av)
{
	spin_lock_init(&av->lock);
	av->first = NULL;
}

static struct anon_vma *anon_vma_alloc(void)
{
	struct anon_vma *av = kmem_cache_alloc(anon_vma_cachep, GFP_KERNEL);

	construct(av);
	return av;
}

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
