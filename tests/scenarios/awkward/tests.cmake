# Scenarios in which time once stood still, or an invariant told of a fault that was none: each must
# come to its end, and meet its goals.
if(TARGET kafkasim)
    file(GLOB awkward_scenarios CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/scenarios/awkward/*.json)
    foreach(awkward_scenario ${awkward_scenarios})
        get_filename_component(awkward_name ${awkward_scenario} NAME_WE)
        add_test(NAME awkward_${awkward_name} COMMAND kafkasim run -q --no-plots ${awkward_scenario}
            -o ${CMAKE_CURRENT_BINARY_DIR}/awkward/${awkward_name})
        set_tests_properties(awkward_${awkward_name} PROPERTIES TIMEOUT 240)
    endforeach()
endif()
