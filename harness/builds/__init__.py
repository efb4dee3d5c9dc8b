"""Two builds of the datapath held against each other, without the specification."""
