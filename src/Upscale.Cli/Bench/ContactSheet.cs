using Upscale.Imaging;

namespace Upscale.Cli.Bench;

/// <summary>The same part of pictures of one size side by side, each with its number, counted from 0, in the corner.</summary>
internal static class ContactSheet
{
    private const int Columns = 7;
    private const int Gap = 4;
    private const int CellSide = 128;
    private const int DigitWidth = 3;
    private const int DigitHeight = 5;
    private const int DotSide = 2;

    // Rows of three dots from the top, the first dot in the highest bit.
    private static readonly int[] s_digits =
    [
        0b111_101_101_101_111, 0b010_110_010_010_111, 0b111_001_111_100_111, 0b111_001_111_001_111, 0b101_101_111_001_001,
        0b111_100_111_001_111, 0b111_100_111_101_111, 0b111_001_010_010_010, 0b111_101_111_101_111, 0b111_101_111_001_111,
    ];

    /// <summary>Makes the sheet.</summary>
    /// <param name="path">The PNG file, replaced when it is there.</param>
    /// <param name="pictures">Paths; the part with the most detail in the first one is shown of each.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task WriteAsync(string path, IReadOnlyList<string> pictures, CancellationToken cancellationToken)
    {
        Strip? sheet = null;
        try
        {
            (int X, int Y) part = default;
            for (int i = 0; i < pictures.Count; i++)
            {
                (Strip picture, _, _) = await PictureFile.ReadAsync(pictures[i], 1, cancellationToken).ConfigureAwait(false);
                using (picture)
                {
                    (int width, int height) = (Math.Min(CellSide, picture.Width), Math.Min(CellSide, picture.Height));
                    if (sheet is null)
                    {
                        part = FindDetail(picture, width, height);
                        int rows = (pictures.Count + Columns - 1) / Columns;
                        sheet = new Strip((Columns * (width + Gap)) - Gap, 3, 0, (rows * (height + Gap)) - Gap);
                        sheet.Data.Span.Fill(1);
                    }

                    (int x, int y) = (i % Columns * (width + Gap), i / Columns * (height + Gap));
                    Copy(picture, part.X, part.Y, width, height, sheet, x, y);
                    Stamp(sheet, i, x, y);
                }
            }
        }
        catch
        {
            sheet?.Dispose();
            throw;
        }

        await PictureFile.WriteAsync(path, sheet!, SampleDepth.Eight, ImageMetadata.None, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The window in which neighbouring pixels differ most.</summary>
    private static (int X, int Y) FindDetail(Strip picture, int width, int height)
    {
        // Sums over all that lies above and to the left.
        double[,] sums = new double[picture.Height + 1, picture.Width + 1];
        for (int y = 0; y < picture.Height; y++)
        {
            double row = 0;
            for (int x = 0; x < picture.Width; x++)
            {
                for (int c = 0; c < picture.Channels; c++)
                {
                    float value = picture.Row(c, y)[x];
                    if (x > 0)
                        row += Math.Abs(value - picture.Row(c, y)[x - 1]);
                    if (y > 0)
                        row += Math.Abs(value - picture.Row(c, y - 1)[x]);
                }

                sums[y + 1, x + 1] = sums[y, x + 1] + row;
            }
        }

        (double Detail, int X, int Y) best = (-1, 0, 0);
        for (int y = 0; y <= picture.Height - height; y++)
        {
            for (int x = 0; x <= picture.Width - width; x++)
            {
                double detail = sums[y + height, x + width] - sums[y, x + width] - sums[y + height, x] + sums[y, x];
                if (detail > best.Detail)
                    best = (detail, x, y);
            }
        }

        return (best.X, best.Y);
    }

    private static void Copy(Strip picture, int left, int top, int width, int height, Strip sheet, int x, int y)
    {
        for (int c = 0; c < sheet.Channels; c++)
        {
            for (int row = 0; row < height; row++)
                picture.Row(Math.Min(c, picture.Channels - 1), top + row).Slice(left, width).CopyTo(sheet.Row(c, y + row)[x..]);
        }
    }

    /// <summary>White digits on black.</summary>
    private static void Stamp(Strip sheet, int number, int x, int y)
    {
        int[] digits = number < 10 ? [number] : [number / 10, number % 10];
        int boxWidth = DotSide * ((digits.Length * (DigitWidth + 1)) + 1);
        int boxHeight = DotSide * (DigitHeight + 2);
        for (int row = 0; row < Math.Min(boxHeight, sheet.Height - y); row++)
        {
            for (int column = 0; column < Math.Min(boxWidth, sheet.Width - x); column++)
            {
                (int digit, int dotX) = Math.DivRem((column / DotSide) - 1 + DigitWidth + 1, DigitWidth + 1);
                int dotY = (row / DotSide) - 1;
                bool ink = digit > 0 && dotX < DigitWidth && (uint)dotY < DigitHeight && (s_digits[digits[digit - 1]] >> (DigitWidth * DigitHeight - 1 - (dotY * DigitWidth) - dotX) & 1) != 0;
                for (int c = 0; c < sheet.Channels; c++)
                    sheet.Row(c, y + row)[x + column] = ink ? 1 : 0;
            }
        }
    }
}
