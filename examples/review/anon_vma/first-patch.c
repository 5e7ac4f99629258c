/*
 * The code of before.c with the first patch of the thread: the list before the pointer, a write barrier between them,
 * and a dependency barrier in anon_vma_prepare() for those who find the pointer set.
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
		spin_lock(&mm->page_table_lock);
		if (likely(!vma->anon_vma)) {
			av->first = vma;
			smp_wmb();
			vma->anon_vma = av;
		}
		spin_unlock(&mm->page_table_lock);
	}
	smp_read_barrier_depends();
	return 0;
}

/* A fault: it has gone through the end of anon_vma_prepare(). */
/* litmus: side of anon_vma */
void page_add_anon_rmap(struct page *page, struct vma *vma)
{
	struct anon_vma *av = vma->anon_vma;

	if (av) {
		smp_read_barrier_depends();
		page->mapping = av;
	}
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
