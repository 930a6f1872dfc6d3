// What runtimes with WAMR's lib-pthread give under "env": handles are numbers, times are microseconds from now.
#ifndef PTHREAD_H
#define PTHREAD_H

typedef unsigned pthread_t, pthread_mutex_t, pthread_cond_t, pthread_key_t;

#define PTHREAD_CANCELED ((void *)-1)

int pthread_create(pthread_t *, const void *attributes, void *(*start)(void *), void *argument);
int pthread_join(pthread_t, void **result);
int pthread_detach(pthread_t);
int pthread_cancel(pthread_t);
pthread_t pthread_self(void);
pthread_t __pthread_self(void);
void pthread_exit(void *result);

int pthread_mutex_init(pthread_mutex_t *, const void *attributes);
int pthread_mutex_lock(pthread_mutex_t *);
int pthread_mutex_unlock(pthread_mutex_t *);
int pthread_mutex_destroy(pthread_mutex_t *);

int pthread_cond_init(pthread_cond_t *, const void *attributes);
int pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
int pthread_cond_timedwait(pthread_cond_t *, pthread_mutex_t *, unsigned long long microseconds);
int pthread_cond_signal(pthread_cond_t *);
int pthread_cond_broadcast(pthread_cond_t *);
int pthread_cond_destroy(pthread_cond_t *);

int pthread_key_create(pthread_key_t *, void (*destructor)(void *));
int pthread_setspecific(pthread_key_t, const void *value);
void *pthread_getspecific(pthread_key_t);
int pthread_key_delete(pthread_key_t);

int posix_memalign(void **block, unsigned alignment, unsigned bytes);

typedef int sem_t;
#define O_CREAT 0100
#define O_EXCL 0200

sem_t sem_open(const char *name, int flags, int mode, int value);
int sem_close(sem_t);
int sem_wait(sem_t);
int sem_trywait(sem_t);
int sem_post(sem_t);
int sem_getvalue(sem_t, int *value);
int sem_unlink(const char *name);

// The error numbers of WASI.
#define EAGAIN 6
#define EBUSY 10
#define EDEADLK 16
#define EFAULT 21
#define EINVAL 28
#define ENOMEM 48
#define EPERM 63
#define ESRCH 71
#define ETIMEDOUT 73

// From libc-builtin.
int printf(const char *format, ...);
void free(void *);

#endif
