# The benchmark of the kernel: build/tests/bench_kernel. See tests/bench/compare for the peers.
file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/bench/*.c)
add_executable(bench_kernel ${bench_sources})
target_link_libraries(bench_kernel PRIVATE sim_kernel sim_chance)
