"""Points and boxes on a canvas; y grows downwards."""

from causeway.domain.model.values import Value


class Point(Value):
    x: float
    y: float

    def moved(self, by: "Point") -> "Point":
        return Point(x=self.x + by.x, y=self.y + by.y)


ORIGIN = Point(x=0, y=0)


class Box(Value):
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> Point:
        return Point(x=self.x + self.width / 2, y=self.y + self.height / 2)

    def moved(self, by: Point) -> "Box":
        return Box(x=self.x + by.x, y=self.y + by.y, width=self.width, height=self.height)

    def grown(self, by: float) -> "Box":
        return Box(x=self.x - by, y=self.y - by, width=self.width + 2 * by, height=self.height + 2 * by)

    def overlaps(self, other: "Box") -> bool:
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def contains(self, point: Point) -> bool:
        return self.x < point.x < self.right and self.y < point.y < self.bottom

    def holds(self, other: "Box") -> bool:
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom
