# the script
