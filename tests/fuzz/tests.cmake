# The libFuzzer target: clang only, -DKAFKASIM_FUZZ=ON. tests/fuzz/run builds and runs it.
# Everything that it links is compiled here once more, with coverage.
if(KAFKASIM_FUZZ)
    file(GLOB fuzzed CONFIGURE_DEPENDS
        ${CMAKE_SOURCE_DIR}/scenarios/runner/reader/*.c
        ${CMAKE_SOURCE_DIR}/scenarios/runner/reader/*/*.c
        ${CMAKE_SOURCE_DIR}/models/protocol/kafka_*.c
        ${CMAKE_SOURCE_DIR}/models/protocol/options/*.c
        ${CMAKE_SOURCE_DIR}/models/protocol/era.c
        ${CMAKE_SOURCE_DIR}/models/protocol/iso_duration.c
        ${CMAKE_SOURCE_DIR}/models/protocol/topic_pattern*.c
        ${CMAKE_SOURCE_DIR}/models/protocol/replica_list.c
        ${CMAKE_SOURCE_DIR}/models/spec/*.c
        ${CMAKE_SOURCE_DIR}/sim/chance/*.c)
    add_executable(fuzz_scenario ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/fuzz_scenario.c ${fuzzed}
        ${CMAKE_SOURCE_DIR}/scenarios/runner/goal_metrics.c
        ${CMAKE_SOURCE_DIR}/scenarios/runner/json_writer.c
        ${CMAKE_SOURCE_DIR}/scenarios/runner/text.c)
    set(fuzz_flags -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -O1 -g)
    target_compile_options(fuzz_scenario PRIVATE ${fuzz_flags})
    target_link_options(fuzz_scenario PRIVATE ${fuzz_flags})
    target_link_libraries(fuzz_scenario PRIVATE PkgConfig::CJSON PkgConfig::GLIB m)
endif()
