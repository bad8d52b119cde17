# What the table says is simulated, and what the models read, are the same options.
if(Python3_FOUND)
    add_test(NAME simulated_options COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_CURRENT_LIST_DIR}/protocol/simulated.py
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endif()
