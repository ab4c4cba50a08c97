# The folders of src, from the ground up. Each is a target of its own, hx_FOLDER, whose only include
# directory holds links to the folders that it may see: itself and those below. A wrong #include does
# not compile.
set(HX_LIBRARY_FOLDERS common bus mmu cpu devices sbi machine trace monitor lib) # libhextant
set(HX_PROGRAM_FOLDERS sandbox terminal lockstep runner fuzz)                  # the executable, besides

# hx_folder(NAME FOLDER...): the object library of src/NAME, which sees FOLDER...
function(hx_folder name)
    set(view ${CMAKE_BINARY_DIR}/sees/${name})
    file(REMOVE_RECURSE ${view})
    file(MAKE_DIRECTORY ${view})
    foreach(seen IN LISTS ARGN)
        file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${seen} ${view}/${seen} SYMBOLIC)
    endforeach()
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
    add_library(hx_${name} OBJECT ${sources})
    target_include_directories(hx_${name} PRIVATE ${view})
    target_link_libraries(hx_${name} PRIVATE hx_switches)
    if(name IN_LIST HX_PROGRAM_FOLDERS)
        target_link_libraries(hx_${name} PRIVATE hx_program_dependencies)
    endif()
endfunction()

# All of them; the lists above say who sees whom. cpu and mmu are one layer and know each other.
function(hx_folders)
    set(below)
    foreach(name IN LISTS HX_LIBRARY_FOLDERS HX_PROGRAM_FOLDERS)
        list(APPEND below ${name})
        set(sees ${below})
        if(name STREQUAL mmu)
            list(APPEND sees cpu)
        endif()
        hx_folder(${name} ${sees})
    endforeach()
endfunction()
