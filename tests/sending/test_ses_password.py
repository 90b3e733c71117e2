"""The SMTP password of an IAM key."""

from app.sending.ses_password import smtp_password

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # the example of Amazon's documentation


def test_the_password_of_the_documented_example_is_the_one_computed_by_hand() -> None:
    assert smtp_password(SECRET, "us-east-1") == "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"


def test_a_password_is_good_for_one_region() -> None:
    passwords = {smtp_password(SECRET, region) for region in ("us-east-1", "eu-central-1", "eu-west-1")}

    assert len(passwords) == 3
    assert all(len(password) == 44 and password.startswith("B") for password in passwords)
