// Writers change two numbers together under a read-write lock; readers never see one changed without the other.
#include <pthread.h>
#include <stdio.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static volatile int left, right;
static int torn, readings;

static void *write_both(void *unused) {
  (void)unused;
  for (int i = 0; i < 300; i++) {
    pthread_rwlock_wrlock(&lock);
    left++;
    for (volatile int k = 0; k < 20; k++) continue;
    right++;
    pthread_rwlock_unlock(&lock);
  }
  return 0;
}

static void *read_both(void *unused) {
  (void)unused;
  for (int i = 0; i < 300; i++) {
    pthread_rwlock_rdlock(&lock);
    int seen = left;
    for (volatile int k = 0; k < 20; k++) continue;
    if (seen != right) __atomic_fetch_add(&torn, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&readings, 1, __ATOMIC_SEQ_CST);
    pthread_rwlock_unlock(&lock);
  }
  return 0;
}

int main(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, i % 2 ? read_both : write_both, 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  printf("left %d, right %d, readings %d, torn %d\n", left, right, readings, torn);
  return 0;
}
