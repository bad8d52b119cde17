/* link.c - NICs and links; see link.h. */
#include "sim/resource/link.h"
#include "sim/resource/host.h"
#include <string.h>

Nic *nic_new(Network *network, Sim *sim, uint32_t host, KernelHandler handler)
{
    Nic *nic = g_new0(Nic, 1);
    nic->network = network;
    nic->host = host;
    nic->links = g_ptr_array_new();
    nic->target = kernel_add_target(sim->kernel, handler, nic);
    return nic;
}

void nic_free(Nic *nic)
{
    if (nic != NULL) {
        g_ptr_array_free(nic->links, TRUE);
        g_free(nic);
    }
}

/* Hosts without a machine of their own (small tests) are named by number and have no rack. */
static char *host_label(const Sim *sim, uint32_t index)
{
    return index < sim->hosts->len ? g_strdup(host_name(host_at(sim, index)))
                                   : g_strdup_printf("host-%u", index);
}

static const char *rack_label(const Sim *sim, uint32_t index)
{
    return index < sim->hosts->len ? host_rack(host_at(sim, index)) : "";
}

void link_set_fault(Link *link, LinkFault fault)
{
    link->fault = fault;
    link->is_plain = link->distance_ns == 0 && !fault.cut && fault.extra_latency == 0 &&
                     fault.loss_ppm == 0 && fault.bandwidth_bytes_per_sec == 0;
}

static Link *link_new(Sim *sim, const NetworkProfile *profile, Nic *from, Nic *to)
{
    char *from_name = host_label(sim, from->host);
    char *to_name = host_label(sim, to->host);
    char *latency = g_strdup_printf("link/%s>%s/latency", from_name, to_name);
    char *loss = g_strdup_printf("link/%s>%s/loss", from_name, to_name);
    Link *link = pool_take(sim->pool, sizeof(Link)); /* side by side, and as long as the Sim */
    link->from = from;
    link->to = to;
    if (strcmp(rack_label(sim, from->host), rack_label(sim, to->host)) != 0) {
        link->distance_ns = profile->cross_rack_extra;
    }
    link_set_fault(link, (LinkFault){0});
    stream_init(&link->latency, sim->seed, latency);
    stream_init(&link->loss, sim->seed, loss);
    g_free(from_name);
    g_free(to_name);
    g_free(latency);
    g_free(loss);
    return link;
}

Link *link_between(Sim *sim, const NetworkProfile *profile, Nic *from, Nic *to)
{
    if (from->links->len <= to->host) {
        g_ptr_array_set_size(from->links, (gint)to->host + 1);
    }
    if (g_ptr_array_index(from->links, to->host) == NULL) {
        g_ptr_array_index(from->links, to->host) = link_new(sim, profile, from, to);
    }
    return g_ptr_array_index(from->links, to->host);
}

static SimTime occupy(SimTime *free, SimTime now, SimDuration duration)
{
    *free = time_after(MAX(*free, now), duration);
    return *free;
}

SimTime link_send(Link *link, const NetworkProfile *profile, SimTime now, uint32_t bytes)
{
    if (link_is_loopback(link)) {
        return now + distribution_draw(&profile->loopback_latency, &link->latency);
    }
    SimTime left = now;
    link->from->sent_bytes += bytes;
    if (profile->bandwidth_bytes_per_sec != 0) {
        left = occupy(
            &link->from->out_free, now, transmission_ns(bytes, profile->bandwidth_bytes_per_sec));
    }
    if (!link->is_plain && link->fault.bandwidth_bytes_per_sec != 0) {
        left =
            occupy(&link->free, left, transmission_ns(bytes, link->fault.bandwidth_bytes_per_sec));
    }
    SimDuration latency = distribution_draw(&profile->latency, &link->latency);
    if (!link->is_plain) {
        latency += link->distance_ns + link->fault.extra_latency;
    }
    return time_after(left, latency);
}

bool link_drops(Link *link)
{
    if (link->is_plain) {
        return false;
    }
    const LinkFault *fault = &link->fault;
    return fault->cut || (fault->loss_ppm != 0 && stream_chance(&link->loss, fault->loss_ppm));
}

/* While earlier messages wait, a later one waits as well, be it empty: the order is the NIC's. */
SimTime link_receive(const Link *link, const NetworkProfile *profile, SimTime now, uint32_t bytes)
{
    if (link_is_loopback(link) || profile->bandwidth_bytes_per_sec == 0) {
        return now;
    }
    Nic *nic = link->to;
    const SimDuration duration = transmission_ns(bytes, profile->bandwidth_bytes_per_sec);
    nic->in_free = MAX(now, time_after(nic->in_free, duration));
    return nic->in_free;
}
