#Requires -Version 7.6
#Requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.5' }

# For users with PowerShell and Pester: Invoke-Pester ./tests. The module must have been built.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot '..' 'Upscale.psd1') -Force
    $images = Join-Path $PSScriptRoot 'data' 'images'
    $photograph = Join-Path $images 'x4' 'chelsea.png'
}

Describe 'Importing' {
    It 'exports the cmdlets and nothing else' {
        (Get-Module Upscale).ExportedCommands.Keys | Sort-Object | Should -Be @(
            'Add-UpscaleStage', 'Clear-UpscaleSession', 'Compare-UpscaleImage', 'Export-UpscalePipeline', 'Get-UpscaleDevice', 'Get-UpscaleModel', 'Get-UpscalePipeline', 'Get-UpscalePlugin',
            'Get-UpscaleSession', 'Get-UpscaleStage', 'Import-UpscaleModel', 'Import-UpscalePipeline', 'Invoke-Upscale', 'Measure-UpscaleModel', 'New-UpscalePipeline', 'New-UpscalePlugin', 'Remove-UpscaleStage', 'Set-UpscaleStage', 'Test-UpscalePipeline')
    }

    It 'keeps its dependencies out of the default load context' {
        $null = Invoke-Upscale -LiteralPath $photograph -Destination TestDrive:/import
        $default = [System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.ForEach({ $_.GetName().Name })
        $default -like 'Upscale.*' | Sort-Object | Should -Be @('Upscale.Abstractions', 'Upscale.Loader')
        $default | Should -Not -Contain 'NetVips'
        $default | Should -Not -Contain 'Microsoft.ML.OnnxRuntime'
        $default | Should -Not -Contain 'McMaster.NETCore.Plugins'
    }

    It 'can be removed and imported again' {
        Remove-Module Upscale
        Import-Module (Join-Path $PSScriptRoot '..' 'Upscale.psd1')
        (Get-UpscaleStage gan).Id | Should -Be 'gan'
    }

    It 'is found by name on the module path' {
        $script = { $env:PSModulePath = $args[0]; (Get-UpscaleStage gan).Id; (Get-Module Upscale).ModuleBase }
        $root = Split-Path $PSScriptRoot
        $link = New-Item -ItemType SymbolicLink -Path TestDrive:/Upscale -Target $root
        pwsh -NoProfile -Command $script -args (Split-Path (Convert-Path $link.PSPath)) | Select-Object -First 1 | Should -Be 'gan'
    }
}

Describe 'The main job' {
    BeforeEach {
        $folder = Join-Path $TestDrive (New-Guid)
        $null = New-Item -ItemType Directory $folder
        Copy-Item (Join-Path $images 'x4' '*.png') $folder
    }

    It 'enlarges what Get-ChildItem lists, in order' {
        $sources = Get-ChildItem $folder -Filter *.png
        $results = $sources | Invoke-Upscale -Model anime4k-cnn-2x-l-an -ThrottleLimit 4
        $results.Source | Should -Be $sources.FullName
        $results | ForEach-Object { $_.Scale | Should -Be 2 }
    }

    It 'pipes into Get-Item and into itself' {
        (Get-ChildItem $folder/chelsea.png | Invoke-Upscale -Stage interpolation -Scale 2 | Get-Item).Name | Should -Be 'chelsea_2x.png'
        (Get-Item $folder/coffee.png | Invoke-Upscale -Stage interpolation -Scale 2 | Invoke-Upscale -Stage interpolation -Scale 2).Scale | Should -Be 2
    }

    It 'takes paths of a PowerShell drive' {
        $null = New-PSDrive -Name Pictures -PSProvider FileSystem -Root $folder
        (Invoke-Upscale Pictures:/che*.png -Stage interpolation -Scale 2 -Destination Pictures:/out).Path | Should -Be (Join-Path $folder 'out' 'chelsea_2x.png')
    }

    It 'takes relative paths from the current location' {
        Push-Location $folder
        try {
            (Invoke-Upscale ./chelsea.png -Stage interpolation -Scale 2).Path | Should -Be (Join-Path $folder 'chelsea_2x.png')
        }
        finally {
            Pop-Location
        }
    }

    It 'takes names with brackets from Get-ChildItem and by -LiteralPath' {
        $name = 'תמונה 図 [1] é.png'
        Copy-Item $photograph (Join-Path $folder $name)
        Get-ChildItem $folder | Where-Object Name -EQ $name | Invoke-Upscale -Stage interpolation -Scale 2 | Should -HaveCount 1
        Invoke-Upscale -LiteralPath (Join-Path $folder $name) -Stage interpolation -Scale 3 | Should -HaveCount 1
    }

    It 'stops when the reader has enough' {
        $first = Get-ChildItem $folder -Filter *.png | Invoke-Upscale -Stage interpolation -Scale 2 | Select-Object -First 1
        $first | Should -HaveCount 1
        Get-ChildItem $folder -Force -Recurse | Where-Object Extension -NE '.png' | Should -BeNullOrEmpty
    }

    It 'shares loaded networks with thread jobs' {
        $job = Start-ThreadJob {
            Import-Module $using:PSScriptRoot/../Upscale.psd1
            Invoke-Upscale $using:photograph -Destination $using:folder/job -Model waifu2x-upconv7-anime-scale2x
        }
        ($job | Receive-Job -Wait -AutoRemoveJob).Device | Should -Be 'Cpu'
        (Get-UpscaleSession waifu2x-upconv7-anime-scale2x).Loads | Should -Be 1
    }

    It 'runs in a job of its own process, and the result pipes on' {
        $stage = @{ id = 'interpolation'; scale = 2 }
        $job = Start-Job {
            Import-Module $using:PSScriptRoot/../Upscale.psd1
            Invoke-Upscale $using:photograph -Destination $using:folder/job -Stage $using:stage
        }
        ($job | Receive-Job -Wait -AutoRemoveJob | Invoke-Upscale -Stage interpolation -Scale 0.5).Width | Should -Be 106
    }
}

Describe 'Errors' {
    It 'are one record a bad picture, with id and path, and the rest go on' {
        $bad = Join-Path $TestDrive 'bad.png'
        Set-Content $bad 'no picture'
        $results = $bad, $photograph | Invoke-Upscale -Stage interpolation -Scale 2 -Destination TestDrive:/errors -ErrorAction SilentlyContinue -ErrorVariable problems
        $results | Should -HaveCount 1
        $problems | Should -HaveCount 1
        $problems[0].FullyQualifiedErrorId | Should -Be 'FormatNotSupported,Upscale.Commands.InvokeUpscaleCommand'
        $problems[0].CategoryInfo.Category | Should -Be InvalidData
        $problems[0].TargetObject | Should -Be $bad
    }

    It 'end the command when nothing could be done' {
        { Invoke-Upscale $photograph -Stage nope } | Should -Throw -ErrorId 'StageNotFound,Upscale.Commands.InvokeUpscaleCommand'
    }
}

Describe 'Completion' {
    It 'offers <expected> for <line>' -TestCases @(
        @{ line = 'Invoke-Upscale a.png -Model realesr-g'; expected = 'realesr-general-x4v3' }
        @{ line = 'Invoke-Upscale a.png -Stage interpolation:kernel=mit'; expected = 'interpolation:kernel=mitchell' }
        @{ line = 'Invoke-Upscale a.png -Device Cp'; expected = 'Cpu' }
        @{ line = 'Invoke-Upscale a.png -Format jp'; expected = 'jpeg' }
    ) {
        (TabExpansion2 $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Be $expected
    }
}

Describe 'Pipelines' {
    BeforeAll {
        $pipeline = New-UpscalePipeline -Name two | Add-UpscaleStage gan -Model anime4k-cnn-2x-l-an | Add-UpscaleStage interpolation -Scale 1.5
    }

    It 'goes to a job in another process' {
        $root = Split-Path $PSScriptRoot
        $job = Start-Job { param($p, $file, $root, $out) Import-Module "$root/Upscale.psd1"; Invoke-Upscale $file -Pipeline $p -Destination $out } -ArgumentList $pipeline, $photograph, $root, (Join-Path (Convert-Path TestDrive:/) job)
        $result = $job | Receive-Job -Wait -AutoRemoveJob -ErrorAction Stop
        $result.Pipeline | Should -Be 'two'
        $result.Scale | Should -Be 3
    }

    It 'goes to the runspaces of ForEach-Object -Parallel' {
        $out = Join-Path (Convert-Path TestDrive:/) parallel
        $root = Split-Path $PSScriptRoot
        $results = 1..3 | ForEach-Object -Parallel { Import-Module "$using:root/Upscale.psd1"; Invoke-Upscale $using:photograph -Pipeline $using:pipeline -Destination $using:out -NameFormat "{name}-$_" } -ThrottleLimit 3
        $results.Pipeline | Should -Be @('two', 'two', 'two')
    }
}

Describe 'Help' {
    BeforeAll {
        # A user of whom nothing is left behind: examples import networks and install plugins.
        function Start-Script([string] $Folder, [string] $Script) {
            $kept = $env:HOME, $env:USERPROFILE, $env:UPSCALE_HOME
            try {
                $env:HOME = $env:USERPROFILE = Join-Path $TestDrive 'home'
                $env:UPSCALE_HOME = $null
                Push-Location $Folder
                pwsh -NoProfile -NonInteractive -File $Script 2>&1
            }
            finally {
                Pop-Location
                $env:HOME, $env:USERPROFILE, $env:UPSCALE_HOME = $kept
            }
        }

        # The files that the examples name.
        function New-ExampleFolder {
            $folder = (New-Item -ItemType Directory (Join-Path $TestDrive (New-Guid))).FullName
            'photos/sub', 'truths', 'networks', 'plugins', 'recipes' | ForEach-Object { $null = New-Item -ItemType Directory (Join-Path $folder $_) }
            'photo.png', 'art.png', 'photos/sea.png', 'photos/sub/hill.png' | ForEach-Object { Copy-Item $photograph (Join-Path $folder $_) }
            Copy-Item (Join-Path $images 'x2' 'chelsea.png') (Join-Path $folder 'truths' 'photo.png')
            Copy-Item (Join-Path $PSScriptRoot '..' 'models' 'anime4k-cnn-2x-l-an' 'model.onnx') (Join-Path $folder 'networks' '4x-sharp.onnx')
            Set-Content (Join-Path $folder 'recipes' 'mine.json') '{ "version": 1, "name": "mine", "stages": [ { "id": "gan" } ] }'
            $folder
        }

        $manifest = Convert-Path (Join-Path $PSScriptRoot '..' 'Upscale.psd1')
        $null = New-Item -ItemType Directory (Join-Path $TestDrive 'home')
    }

    It 'of <_> has examples that run' -ForEach @((Import-PowerShellDataFile (Join-Path $PSScriptRoot '..' 'Upscale.psd1')).CmdletsToExport) {
        foreach ($example in (Get-Help $_).examples.example) {
            $folder = New-ExampleFolder
            Set-Content (Join-Path $folder 'example.ps1') @(
                "Import-Module '$manifest'"
                $example.code
                'foreach ($problem in $Error) { "PROBLEM $problem" }'
            )
            $output = Start-Script $folder 'example.ps1'
            @($output | Where-Object { "$_" -like 'PROBLEM*' }) | Should -HaveCount 0 -Because "$($example.title): $output"
        }
    }

    It 'has a script for unattended runs that ends with <code> when <when>' -ForEach @(
        @{ code = 0; when = 'all was done'; bad = $false; from = 'photos' }
        @{ code = 2; when = 'a picture failed'; bad = $true; from = 'photos' }
        @{ code = 1; when = 'nothing could be done'; bad = $false; from = 'photos'; journal = 'no journal' }
    ) {
        $page = Get-Content (Join-Path $PSScriptRoot '..' 'module' 'help' 'about_UpscaleAutomation.md') -Raw
        $folder = New-ExampleFolder
        $script = ([regex] '(?s)```powershell\n(param.*?)```').Match($page).Groups[1].Value.Replace('Import-Module Upscale', "Import-Module '$manifest'")
        Set-Content (Join-Path $folder 'enlarge.ps1') $script
        Set-Content (Join-Path $folder 'run.ps1') "& './enlarge.ps1' -From $from -To out; exit `$LASTEXITCODE"
        if ($bad) { Set-Content (Join-Path $folder 'photos' 'bad.png') 'no picture' }
        if ($journal) { $null = New-Item (Join-Path $folder 'out' 'run.jsonl') -Force -Value $journal }
        $output = Start-Script $folder 'run.ps1'
        $LASTEXITCODE | Should -Be $code -Because "$output"
    }
}

Describe 'The package' -Skip:(-not (Get-Module -ListAvailable Microsoft.PowerShell.PSResourceGet)) {
    BeforeAll {
        $package = Join-Path $TestDrive 'package' 'Upscale'
        $source = Join-Path $TestDrive 'source'
        $saved = Join-Path $TestDrive 'saved'
        $null = New-Item -ItemType Directory $source, $saved
        $repository = "Upscale-$(New-Guid)"
        Register-PSResourceRepository -Name $repository -Uri $source -Trusted
        dotnet msbuild (Join-Path $PSScriptRoot '..' 'src' 'Upscale.Packaging') -t:Package -p:NoBuild=true "-p:PackageFolder=$package" | Out-Host
    }

    AfterAll {
        Unregister-PSResourceRepository -Name $repository
    }

    It 'can be published, saved and used' {
        # The manifest names the cmdlets' assembly without a path, which the check of manifests does not know.
        Publish-PSResource -Path $package -Repository $repository -SkipModuleManifestValidate
        Save-PSResource -Name Upscale -Repository $repository -Path $saved -TrustRepository
        $module = Join-Path $saved 'Upscale' (Import-PowerShellDataFile (Join-Path $package 'Upscale.psd1')).ModuleVersion
        $out = Join-Path $TestDrive 'out'
        $output = pwsh -NoProfile -Command {
            $env:PSModulePath = $args[0]
            (Invoke-Upscale $args[1] -Destination $args[2] -Stage gan, sharpen -Scale 2).Width
            (Get-Module Upscale).ModuleBase
            (Get-Help Invoke-Upscale).examples.example.Count -gt 3
            (Get-Help about_UpscaleModels).Length -gt 1000
        } -args $saved, $photograph, $out
        $output | Should -Be @(212, $module, $true, $true)
        Join-Path $out 'chelsea_2x.png' | Should -Exist
    }
}
