// Producers and consumers over a ring with a mutex and two condition variables; each thread uses its own C stack deeply, and two semaphores take turns.
#include "pthread.h"

enum { PLACES = 4, ITEMS = 200, THREADS = 2 };
static int ring[PLACES], count, next;
static pthread_mutex_t mutex;
static pthread_cond_t room, item;

static void *produce(void *argument) {
  for (int i = 1; i <= ITEMS; i++) {
    pthread_mutex_lock(&mutex);
    while (count == PLACES) pthread_cond_wait(&room, &mutex);
    ring[(next + count++) % PLACES] = i;
    pthread_cond_signal(&item);
    pthread_mutex_unlock(&mutex);
  }
  return argument;
}
static void *consume(void *argument) {
  int sum = (int)argument;
  for (int i = 0; i < ITEMS; i++) {
    pthread_mutex_lock(&mutex);
    while (count == 0) pthread_cond_wait(&item, &mutex);
    sum += ring[next];
    next = (next + 1) % PLACES;
    count--;
    pthread_cond_signal(&room);
    pthread_mutex_unlock(&mutex);
  }
  return (void *)sum;
}

// Fills a part of the stack, lets others run, and looks whether it is as it was.
static int fill(int level, int mark) {
  volatile int own[16];
  for (int i = 0; i < 16; i++) own[i] = mark + level;
  int below = level > 0 ? fill(level - 1, mark) : 0;
  int wrong = 0;
  for (int i = 0; i < 16; i++) wrong += own[i] != mark + level;
  return below + wrong;
}
static void *use_stack(void *argument) {
  int wrong = 0;
  for (int i = 0; i < 200; i++) wrong += fill(30, (int)argument * 1000);
  return (void *)wrong;
}

static sem_t mine, yours;
static void *answer(void *argument) {
  for (int i = 0; i < 100; i++) {
    sem_wait(yours);
    sem_post(mine);
  }
  return argument;
}

int main(void) {
  pthread_t producers[THREADS], consumers[THREADS];
  pthread_mutex_init(&mutex, 0);
  pthread_cond_init(&room, 0);
  pthread_cond_init(&item, 0);
  int sum = 0;
  for (int i = 0; i < THREADS; i++) {
    pthread_create(&producers[i], 0, produce, 0);
    pthread_create(&consumers[i], 0, consume, 0);
  }
  for (int i = 0; i < THREADS; i++) {
    void *part;
    pthread_join(producers[i], 0);
    pthread_join(consumers[i], &part);
    sum += (int)part;
  }
  printf("consumed %d\n", sum);

  int wrong = 0;
  for (int i = 0; i < THREADS; i++) pthread_create(&producers[i], 0, use_stack, (void *)(i + 1));
  wrong += (int)use_stack((void *)9);
  for (int i = 0; i < THREADS; i++) {
    void *part;
    pthread_join(producers[i], &part);
    wrong += (int)part;
  }
  printf("words that others overwrote: %d\n", wrong);

  mine = sem_open("mine", O_CREAT, 0, 0);
  yours = sem_open("yours", O_CREAT, 0, 0);
  pthread_create(&producers[0], 0, answer, 0);
  for (int i = 0; i < 100; i++) {
    sem_post(yours);
    sem_wait(mine);
  }
  pthread_join(producers[0], 0);
  printf("a hundred answers\n");
  return 0;
}
