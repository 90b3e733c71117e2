"""`main.py` opens the application; `main.py <command>` is the command line."""

from app.bootstrap import main

if __name__ == "__main__":
    raise SystemExit(main())
