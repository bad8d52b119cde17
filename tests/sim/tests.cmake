# bench_resources: what mail, work on a core and timers cost beside the kernel's own events.
add_executable(bench_resources ${CMAKE_CURRENT_LIST_DIR}/resource/bench_resources.c)
target_link_libraries(bench_resources PRIVATE sim PkgConfig::CHECK)
add_test(NAME bench_resources COMMAND bench_resources 20000 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
