"""`python -m worker` and the console command `quarterday`."""

from worker.cli import main

if __name__ == "__main__":
    main()
