using System.Buffers.Binary;
using Upscale.Imaging.Metadata;

namespace Upscale.Imaging.Tests;

/// <summary>Damages files as chance and as attackers do, the same way for the same seed: bytes, numbers, lengths, order and ends, most of them in headers.</summary>
internal static class Mutator
{
    private const int HeaderBytes = 256;

    private static readonly long[] s_numbers = [0, 1, -1, 2, 7, 8, 127, 128, 255, 256, short.MaxValue, 0x8000, ushort.MaxValue, 0x10000, int.MaxValue, 0x80000000, uint.MaxValue, 1 << 20, 1 << 28];

    /// <summary>A damaged copy.</summary>
    /// <param name="whole">A whole file.</param>
    /// <param name="seed">Decides what is done.</param>
    public static byte[] Mutate(byte[] whole, int seed)
    {
        Random random = new(seed);
        byte[] bytes = [.. whole];
        int changes = 1 + random.Next(random.Next(1, 12));
        for (int i = 0; i < changes && bytes.Length > 0; i++)
            bytes = Change(bytes, random);
        // Else a reader of PNG would see no more than that a checksum is wrong.
        if (whole.AsSpan(1).StartsWith("PNG"u8) && random.Next(4) > 0)
            RepairChecksums(bytes);
        return bytes;
    }

    private static byte[] Change(byte[] bytes, Random random)
    {
        int at = random.Next(random.Next(2) == 0 ? Math.Min(HeaderBytes, bytes.Length) : bytes.Length);
        int length = random.Next(1, 1 + Math.Min(random.Next(2) == 0 ? 8 : 400, bytes.Length - at));
        switch (random.Next(10))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2 or 3 or 4:
                Number(bytes.AsSpan(at), s_numbers[random.Next(s_numbers.Length)] + random.Next(-1, 2), 1 << random.Next(4), random.Next(2) == 0);
                return bytes;
            case 5:
                random.NextBytes(bytes.AsSpan(at, length));
                return bytes;
            case 6:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 7:
                return [.. bytes[..at], .. bytes[at..(at + length)], .. bytes[at..]];
            case 8:
                bytes.AsSpan(random.Next(bytes.Length - length + 1), length).ToArray().CopyTo(bytes, at);
                return bytes;
            default:
                return random.Next(3) == 0 ? bytes[..at] : [.. bytes, .. bytes[at..]];
        }
    }

    private static void Number(Span<byte> at, long number, int size, bool little)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(value, number);
        value = value[..size];
        if (!little)
            value.Reverse();
        value[..Math.Min(size, at.Length)].CopyTo(at);
    }

    private static void RepairChecksums(byte[] png)
    {
        for (long at = 8; at + 12 <= png.Length;)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan((int)at));
            if (at + 12 + length > png.Length)
                return;
            BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan((int)(at + 8 + length)), PngChunks.Checksum(png.AsSpan((int)at + 4, (int)length + 4)));
            at += 12 + length;
        }
    }
}
