# test_vectors: answers of Kafka's own classes, tried on our code; one file a family.
file(GLOB vector_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c
    ${CMAKE_CURRENT_LIST_DIR}/clients/*.c)
add_executable(test_vectors ${vector_sources})
target_link_libraries(test_vectors PRIVATE runner ZLIB::ZLIB)
target_compile_definitions(test_vectors PRIVATE KAFKASIM_SOURCE_DIR="${CMAKE_SOURCE_DIR}")

# One ctest a family, named as its file.
set(vectors_built producer-state-1 producer-state-2 producer-state-3
    controller-sequences broker-heartbeats partition-change placement raft-quorum-state leader-epochs leader-isr-hw
    follower-truncation fetch-divergence quotas-rate quotas-tokenbucket exponential-backoff
    murmur2-vectors record-sizes compression-ratio builtin-partitioner accumulator-1 accumulator-2
    assignor-vectors client-assignor-chains-sticky client-assignor-chains-cooperative server-assignors-chains server-assignors-large
    classic-group
    member-reconciliation member-reconciliation-chains consumer-group-heartbeats-1
    consumer-group-heartbeats-2
)
foreach(vectors ${vectors_built})
    add_test(NAME vectors_${vectors} COMMAND test_vectors ${vectors}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endforeach()
