/* The resources against queueing theory.
 *
 * Each test sends 1,050,000 customers with Poisson arrivals through a resource, cuts the run into
 * 20 batches after a warm-up of one batch, and asks three things of the mean over the batch means:
 * that theory's value lies in its 99 % confidence interval (Student's t, 19 degrees of freedom:
 * 2.861), that the interval is narrow (half width below 3 %, so that the first can fail), and
 * Little's law, L = lambda W, as measured: L as the time average of the number inside, W from the
 * customers' own clocks. Seeds are fixed.
 *
 * M/M/1, M/D/1, M/M/c: Kleinrock, "Queueing Systems" I (1975). M/G/1 processor sharing depends on
 * the mean of the service only: W = S / (1 - rho), Kleinrock II (1976), section 4.4. */
#include "sim/resource/server.h"
#include "tests/sim/probe.h"
#include <math.h>

#define CUSTOMERS 1050000
#define BATCHES   20
#define BATCH     (CUSTOMERS / (BATCHES + 1))
#define STUDENT_T 2.861

typedef struct Load Load;

typedef struct Customer {
    Message message; /* where customers are messages */
    SimTime came;
    SimDuration work;
    Timer timer; /* where they are served by a thread */
    struct Customer *next;
} Customer;

struct Load {
    Actor actor;
    Stream gaps;
    Stream works;
    Distribution gap;
    Distribution work;
    void (*enter)(Load *self, Customer *customer);
    Timer arrival;
    Server server;
    ConnectionId connection;
    Customer *idle;
    uint64_t came;
    uint64_t left;
    SimTime measured_from;
    TimeWeighted inside;
    double batch[BATCHES];
};

static Sim *sim;
static Load load;
static Probe sink;

static void customer_left(Customer *customer)
{
    const SimTime now = actor_now(&load.actor);
    const uint64_t batch = load.left / BATCH;
    load.left++;
    time_weighted_add(&load.inside, now, -1);
    if (batch >= 1 && batch <= BATCHES) {
        load.batch[batch - 1] += (double)(now - customer->came) / BATCH;
    }
    if (load.left == BATCH) { /* the warm-up is over */
        load.measured_from = now;
        time_weighted_init(&load.inside, now, load.inside.value);
    }
    if (load.left == (BATCHES + 1) * (uint64_t)BATCH) {
        kernel_stop(sim->kernel);
    }
    customer->next = load.idle;
    load.idle = customer;
}

static void customer_comes(void)
{
    Customer *customer = load.idle;
    if (customer == NULL) {
        customer = message_new(sim, sizeof *customer, 1);
        timer_init(&customer->timer, 2, customer);
    } else {
        load.idle = customer->next;
    }
    customer->came = actor_now(&load.actor);
    customer->work = distribution_draw(&load.work, &load.works);
    time_weighted_add(&load.inside, customer->came, 1);
    load.enter(&load, customer);
    actor_arm(&load.actor, &load.arrival, distribution_draw(&load.gap, &load.gaps));
}

static void served(Customer *customer)
{
    Customer *next = server_leave(&load.server, actor_now(&load.actor));
    if (next != NULL) {
        actor_arm(&load.actor, &next->timer, next->work);
    }
    customer_left(customer);
}

static void load_on_timer(Actor *actor, Timer *timer)
{
    (void)actor;
    if (timer == &load.arrival) {
        customer_comes();
    } else {
        served(timer->owner);
    }
}

static void load_on_done(Actor *actor, uint16_t kind, void *data)
{
    (void)actor;
    (void)kind;
    customer_left(data);
}

static void load_on_connected(Actor *actor, ConnectionId connection)
{
    (void)actor;
    load.connection = connection;
}

static void sink_on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    (void)actor;
    (void)connection;
    customer_left((Customer *)message);
}

static const ActorClass load_class = {.name = "load",
                                      .on_timer = load_on_timer,
                                      .on_done = load_on_done,
                                      .on_connected = load_on_connected};
static const ActorClass sink_class = {.name = "sink", .on_mail = sink_on_mail};

/* Where customers go. */

static void enter_server(Load *self, Customer *customer)
{
    if (server_enter(&self->server, customer->came, customer) == SERVER_STARTED) {
        actor_arm(&self->actor, &customer->timer, customer->work);
    }
}

static void enter_host(Load *self, Customer *customer)
{
    host_run(&self->actor, customer->work, 1, customer);
}

static void enter_disk(Load *self, Customer *customer)
{
    disk_fsync(&self->actor, host_disk(host_at(sim, 0)), 1, customer);
}

static void enter_nic(Load *self, Customer *customer)
{
    customer->message.wire_bytes = 1000;
    network_send(&self->actor, self->connection, &customer->message);
}

/* Runs. */

static void world_new(uint64_t seed, uint32_t cores, HostDiscipline discipline)
{
    sim = sim_new(seed, NULL);
    const uint32_t host = plain_host(sim, "machine", "", cores, discipline);
    load = (Load){0};
    actor_init(&load.actor, &load_class, sim, "load", host);
    actor_stream(&load.actor, "gaps", &load.gaps);
    actor_stream(&load.actor, "works", &load.works);
    timer_init(&load.arrival, 1, NULL);
    server_init(&load.server, cores, 0);
    time_weighted_init(&load.inside, 0, 0);
    actor_start(&load.actor);
}

static double mean_of_batches(double *ret_half_width)
{
    double mean = 0;
    double square = 0;
    for (int i = 0; i < BATCHES; i++) {
        mean += load.batch[i] / BATCHES;
    }
    for (int i = 0; i < BATCHES; i++) {
        square += (load.batch[i] - mean) * (load.batch[i] - mean);
    }
    *ret_half_width = STUDENT_T * sqrt(square / (BATCHES - 1) / BATCHES);
    return mean;
}

/* Between the end of the warm-up and now as many came as left, but for those inside at the ends. */
static void check_littles_law(double sojourn_ns)
{
    const SimTime now = sim_now(sim);
    const double passed = (double)(now - load.measured_from);
    const double per_ns = (double)BATCHES * BATCH / passed;
    const double inside = time_weighted_mean(&load.inside, now);
    ck_assert_double_eq_tol(inside, per_ns * sojourn_ns, 0.002 * inside);
}

static void run_and_compare(void (*enter)(Load *, Customer *),
                            Distribution gap,
                            Distribution work,
                            double theory_ns)
{
    double half_width = 0;
    load.enter = enter;
    load.gap = gap;
    load.work = work;
    actor_arm(&load.actor, &load.arrival, 1);
    ck_assert_int_eq(kernel_run(sim->kernel, SIM_TIME_MAX), KERNEL_STOPPED);
    const double mean = mean_of_batches(&half_width);
    ck_assert_msg(half_width < 0.03 * mean, "half width %.1f of %.1f ns", half_width, mean);
    ck_assert_msg(fabs(mean - theory_ns) <= half_width,
                  "mean sojourn %.1f +- %.1f ns, theory %.1f",
                  mean,
                  half_width,
                  theory_ns);
    check_littles_law(mean);
    server_clear(&load.server);
    sim_free(sim);
}

/* Theory, with mean service 1 ms. */

#define SERVICE_MS 1e6

static Distribution gap_for(double rho, uint32_t servers)
{
    return distribution_exponential((int64_t)(SERVICE_MS / rho / servers));
}

static Distribution exponential_service(void)
{
    return distribution_exponential(SIM_MS(1));
}

static Distribution constant_service(void)
{
    return distribution_constant(SIM_MS(1));
}

/* Pareto with shape 2.2: squared coefficient of variation 2.27, and no third moment. Its mean,
 * scale * 2.2 / 1.2, is 1 ms. */
static Distribution heavy_tailed_service(void)
{
    return distribution_pareto(545455, 2.2);
}

static double erlang_c(uint32_t servers, double rho)
{
    double term = 1;
    double sum = 0;
    for (uint32_t k = 0; k < servers; k++) {
        sum += term;
        term *= rho * servers / (k + 1);
    }
    return term / (1 - rho) / (sum + term / (1 - rho));
}

static double sojourn_mmc(uint32_t servers, double rho)
{
    return SERVICE_MS + erlang_c(servers, rho) * SERVICE_MS / (servers * (1 - rho));
}

static double sojourn_md1(double rho)
{
    return SERVICE_MS + rho * SERVICE_MS / (2 * (1 - rho));
}

START_TEST(one_server_is_m_m_1)
{
    world_new(101, 1, HOST_FIRST_COME);
    run_and_compare(enter_server, gap_for(0.7, 1), exponential_service(), SERVICE_MS / 0.3);
}
END_TEST

START_TEST(one_server_with_constant_service_is_m_d_1)
{
    world_new(102, 1, HOST_FIRST_COME);
    run_and_compare(enter_server, gap_for(0.8, 1), constant_service(), sojourn_md1(0.8));
}
END_TEST

START_TEST(five_servers_are_m_m_5)
{
    world_new(103, 5, HOST_FIRST_COME);
    run_and_compare(enter_server, gap_for(0.8, 5), exponential_service(), sojourn_mmc(5, 0.8));
}
END_TEST

START_TEST(one_core_first_come_is_m_m_1)
{
    world_new(104, 1, HOST_FIRST_COME);
    run_and_compare(enter_host, gap_for(0.7, 1), exponential_service(), SERVICE_MS / 0.3);
}
END_TEST

START_TEST(four_cores_first_come_are_m_m_4)
{
    world_new(105, 4, HOST_FIRST_COME);
    run_and_compare(enter_host, gap_for(0.8, 4), exponential_service(), sojourn_mmc(4, 0.8));
}
END_TEST

START_TEST(a_shared_core_with_exponential_service_gives_s_over_1_minus_rho)
{
    world_new(106, 1, HOST_PROCESSOR_SHARING);
    run_and_compare(enter_host, gap_for(0.7, 1), exponential_service(), SERVICE_MS / 0.3);
}
END_TEST

START_TEST(a_shared_core_with_constant_service_gives_the_same)
{
    world_new(107, 1, HOST_PROCESSOR_SHARING);
    run_and_compare(enter_host, gap_for(0.7, 1), constant_service(), SERVICE_MS / 0.3);
}
END_TEST

START_TEST(a_shared_core_with_heavy_tailed_service_gives_the_same)
{
    world_new(108, 1, HOST_PROCESSOR_SHARING);
    run_and_compare(enter_host, gap_for(0.7, 1), heavy_tailed_service(), SERVICE_MS / 0.3);
}
END_TEST

/* With exponential service the number inside is the same birth-death process as in M/M/c. */
START_TEST(four_shared_cores_hold_as_many_as_m_m_4)
{
    world_new(109, 4, HOST_PROCESSOR_SHARING);
    run_and_compare(enter_host, gap_for(0.8, 4), exponential_service(), sojourn_mmc(4, 0.8));
}
END_TEST

START_TEST(a_slow_host_is_a_queue_with_longer_service)
{
    world_new(110, 1, HOST_PROCESSOR_SHARING);
    host_set_speed(sim, 0, 500000);
    run_and_compare(enter_host, gap_for(0.35, 1), exponential_service(), 2 * SERVICE_MS / 0.3);
}
END_TEST

START_TEST(a_disk_is_m_d_1)
{
    world_new(111, 1, HOST_FIRST_COME); /* its fsync takes 2 ms */
    run_and_compare(enter_disk, gap_for(0.4, 1), constant_service(), 2 * sojourn_md1(0.8));
}
END_TEST

/* 1,000 bytes at 1 MB/s: 1 ms each; then 100 us of latency; the receiver's NIC costs nothing. */
START_TEST(a_nic_is_m_d_1)
{
    const NetworkProfile profile = {.latency = distribution_constant(SIM_US(100)),
                                    .loopback_latency = distribution_constant(0),
                                    .bandwidth_bytes_per_sec = 1000000};
    world_new(112, 1, HOST_FIRST_COME);
    network_new(sim, &profile);
    const uint32_t host = plain_host(sim, "other", "", 1, HOST_FIRST_COME);
    sink = (Probe){0};
    actor_init(&sink.actor, &sink_class, sim, "sink", host);
    actor_start(&sink.actor);
    (void)network_connect(&load.actor, &sink.actor);
    run_to(sim, SIM_MS(1));
    run_and_compare(enter_nic, gap_for(0.8, 1), constant_service(), sojourn_md1(0.8) + 1e5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queueing theory");
    TCase *theory = tcase_create("theory");
    tcase_set_timeout(theory, 300);
    tcase_add_test(theory, one_server_is_m_m_1);
    tcase_add_test(theory, one_server_with_constant_service_is_m_d_1);
    tcase_add_test(theory, five_servers_are_m_m_5);
    tcase_add_test(theory, one_core_first_come_is_m_m_1);
    tcase_add_test(theory, four_cores_first_come_are_m_m_4);
    tcase_add_test(theory, a_shared_core_with_exponential_service_gives_s_over_1_minus_rho);
    tcase_add_test(theory, a_shared_core_with_constant_service_gives_the_same);
    tcase_add_test(theory, a_shared_core_with_heavy_tailed_service_gives_the_same);
    tcase_add_test(theory, four_shared_cores_hold_as_many_as_m_m_4);
    tcase_add_test(theory, a_slow_host_is_a_queue_with_longer_service);
    tcase_add_test(theory, a_disk_is_m_d_1);
    tcase_add_test(theory, a_nic_is_m_d_1);
    suite_add_tcase(suite, theory);
    return run_suite(suite);
}
